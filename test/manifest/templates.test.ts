import { describe, expect, it } from 'vitest';
import { fillText } from '../../shared/manifest/fill-template.ts';
import { fillUrl } from '../../shared/manifest/fill-url.ts';
import { CONTEXT } from './reading.ts';

const context = (values: Record<string, string> = {}) => ({ ...CONTEXT, values });
const shown = (filled: ReturnType<typeof fillText>) =>
  filled.kind === 'filled' ? filled.text : `! ${filled.fault.message}`;
const url = (text: string, values: Record<string, string> = {}) =>
  shown(fillUrl(text, { context: context(values), insecureLoopback: false }));

describe('a template in plain text', () => {
  it.each([
    ['no names', 'Growth chart', 'Growth chart'],
    ['a name', 'Growth chart (${environment})', 'Growth chart (pr-42)'],
    [
      'every built-in name',
      '${environment} ${pull_request} ${branch} ${sha} ${repository} ${url}',
      'pr-42 42 feature/x 0123abc acme/app https://app.example.com/',
    ],
    ['spaces inside', '${ branch }', 'feature/x'],
    ['an own value', '${tenant}!', 'north!'],
    ['a literal ${', 'costs $${price} or $5', 'costs ${price} or $5'],
    ['a value that looks like a template, which stays', '${loop}', '${loop}'],
    ['nothing', '', ''],
  ])('with %s is filled', (_, text, result) => {
    expect(shown(fillText(text, context({ tenant: 'north', loop: '${loop}' })))).toBe(result);
  });

  it.each([
    ['an unknown name', '${nope}', 'uses the unknown template name "nope"'],
    ['a name of every object', '${constructor}', 'uses the unknown template name "constructor"'],
    ['no name', '${}', 'uses the unknown template name ""'],
    ['an empty value', '${empty}', 'uses ${empty}, which has no value in this run'],
    ['a missing brace', 'a ${branch', 'has a ${ that is never closed'],
  ])('with %s is a fault', (_, text, message) => {
    expect(shown(fillText(text, context({ empty: '' })))).toBe(`! ${message}`);
  });

  it('lists the names there are when one is unknown', () => {
    expect(fillText('${nope}', context({ tenant: 'north' }))).toMatchObject({
      fault: { expected: 'one of environment, pull_request, branch, sha, repository, url, tenant' },
    });
  });

  it('says where a missing value comes from', () => {
    const filled = fillText('${url}', { environment: 'default', values: {} });
    expect(filled).toMatchObject({
      fault: { message: 'uses ${url}, which has no value in this run', expected: 'the `url` input' },
    });
  });
});

describe('a template in a URL', () => {
  it.each([
    ['${url}/callback', 'https://app.example.com/callback'],
    ['${url}', 'https://app.example.com'],
    ['${url}?a=${branch}', 'https://app.example.com?a=feature%2Fx'],
    ['${url}/${environment}/cb#${sha}', 'https://app.example.com/pr-42/cb#0123abc'],
    ['https://x.example/${branch}/cb', 'https://x.example/feature%2Fx/cb'],
    ['https://x.example/cb?from=${url}', 'https://x.example/cb?from=https%3A%2F%2Fapp.example.com%2F'],
    ['https://${environment}.preview.example/cb', 'https://pr-42.preview.example/cb'],
    ['https://a.${environment}.${tenant}.preview.example/cb', 'https://a.pr-42.north.preview.example/cb'],
    ['https://x.example:8443/${tenant}', 'https://x.example:8443/north'],
    ['com.example.app:/cb/${branch}', 'com.example.app:/cb/feature%2Fx'],
    ['com.example.app:${branch}', 'com.example.app:feature%2Fx'],
    ['https://x.example/$${a}', 'https://x.example/${a}'],
    ['https://x.example/cb', 'https://x.example/cb'],
  ])('%s is filled', (text, result) => {
    expect(url(text, { tenant: 'north' })).toBe(result);
  });

  it('keeps a path of the app and writes its host as browsers do', () => {
    const filled = fillUrl('${url}/cb', {
      context: { ...CONTEXT, url: 'https://BÜCHER.example/app//' },
      insecureLoopback: false,
    });
    expect(shown(filled)).toBe('https://xn--bcher-kva.example/app/cb');
  });

  it.each([
    '../..',
    '..',
    '.',
    'a/../../b',
    '%2e%2e',
    '..%2f..',
    '%2f',
    'a/b',
    '//evil.example',
    '\\evil.example',
    '@evil.example',
    'x@evil.example',
    '?x',
    '#x',
    ':8080',
    'a.evil.example',
    'evil.example/',
    ' ',
    '\n',
    '\t',
    '\u0000',
    '\u2024\u2024',
    '／evil',
    '。',
    'ı',
    '\u212a',
    '\u017f',
    '\u202e',
    'javascript:alert(1)',
    "'",
    '"><script>',
    '%',
    '%zz',
    '${url}',
    '*',
  ])('never lets the value %j change where a path or a query points to', (value) => {
    for (const text of [
      'https://x.example/a/${v}/cb',
      '${url}/a/${v}/cb',
      'https://x.example/cb?a=${v}',
      'https://x.example/a${v}',
      'https://x.example/${v}',
      '${url}/${v}',
      'https://x.example/cb#${v}',
    ]) {
      const filled = url(text, { v: value });
      if (filled.startsWith('! ')) continue;
      const result = new URL(filled);
      const skeleton = new URL(text.replace('${url}', 'https://app.example.com').replace('${v}', 'v'));
      expect(result.origin).toBe(skeleton.origin);
      const segments = (path: string) => path.split('/').map((segment) => segment === '');
      expect(segments(result.pathname)).toEqual(segments(skeleton.pathname));
      expect([...result.searchParams.keys()]).toEqual([...skeleton.searchParams.keys()]);
      expect(filled).toMatch(/^[\x21-\x7e]+$/u);
      if (text.includes('?')) expect(result.searchParams.get('a')).toBe(value);
    }
  });

  it.each([
    '..',
    'a.b',
    'a/b',
    'a@b',
    'a:1',
    'a?b',
    'a#b',
    '-a',
    'a-',
    'xn--pple-43d',
    'ａｐｐ',
    'bücher',
    'a%2eb',
    'a b',
    'a_b',
    '',
    'a\\b',
    'x'.repeat(64),
    'a\n',
    '\u212a',
    '\u017f',
  ])('refuses %j as a part of a host', (value) => {
    expect(url('https://${v}.preview.example/cb', { v: value })).toMatch(/^! (?:puts|uses)/u);
  });

  it.each([
    ['a value as the end of the host', 'https://app.${v}/cb'],
    ['a value as the whole host', 'https://${v}/cb'],
    ['a value as the whole host, twice', 'https://${v}.${v}/cb'],
    ['half a label in front', 'https://pr-${v}.example.com/cb'],
    ['half a label behind', 'https://${v}-app.example.com/cb'],
    ['two values in one label', 'https://${v}${v}.example.com/cb'],
    ['a port', 'https://x.example:${v}/cb'],
    ['a user name', 'https://${v}@x.example/cb'],
    ['a password', 'https://u:${v}@x.example/cb'],
    ['a host behind a backslash', 'https:\\\\${v}.example.com/cb'],
    ['a host behind one slash', 'https:/${v}/cb'],
    ['a host behind three slashes', 'https:///${v}/cb'],
    ['a host behind no slash', 'https:${v}/cb'],
    ['a scheme', '${v}://x.example/cb'],
    ['half a scheme', 'http${v}://x.example/cb'],
    ['a path alone', '/${v}'],
    ['half a percent-encoding', 'https://x.example/%2${v}'],
    ['a whole percent-encoding', 'https://x.example/%${v}'],
    ['text directly behind ${url}', '${url}.evil.example/${v}'],
    ['a name directly behind ${url}', '${url}${v}'],
    ['a user name behind ${url}', '${url}@evil.example/'],
    ['${url} in a host', 'https://${url}.example.com/cb'],
    ['an impossible port', 'https://x.example:99999/${v}'],
    ['an unknown name', 'https://x.example/${nope}'],
    ['a missing brace', 'https://x.example/${v'],
  ])('is a fault with %s', (_, text) => {
    expect(url(text, { v: 'f' })).toMatch(/^! /u);
  });

  it('refuses a value that is not valid Unicode', () => {
    expect(url('https://x.example/${v}', { v: '\ud800' })).toBe('! uses ${v}, whose value is not valid Unicode');
  });

  it.each([
    'http://app.example.com',
    'ftp://app.example.com',
    'app.example.com',
    'https://',
    'https:///x',
    'https:\\\\evil.example',
    'https://a\\b',
    'https://u@app.example.com',
    'https://u:p@app.example.com',
    'https://:p@app.example.com',
    'https://app.example.com?x',
    'https://app.example.com#x',
    'https://app.example.com/a%2fb',
    'https://app.example.com/%5c',
    'https://app.example.com:99999',
    'https://app example.com',
    ' https://app.example.com',
    'javascript:alert(1)',
    'http://localhost:3000',
  ])('refuses the app address %j', (value) => {
    const filled = fillUrl('${url}/cb', { context: { ...CONTEXT, url: value }, insecureLoopback: false });
    expect(shown(filled)).toMatch(/^! uses \$\{url\}, whose/u);
  });

  it.each([
    ['http://localhost:3000/', 'http://localhost:3000/cb'],
    ['http://127.0.0.1:3000', 'http://127.0.0.1:3000/cb'],
    ['http://localhost.evil.example', '! uses ${url}, whose value is http'],
  ])('takes %s as app address only on this machine when that is allowed', (value, result) => {
    const filled = fillUrl('${url}/cb', { context: { ...CONTEXT, url: value }, insecureLoopback: true });
    expect(shown(filled)).toBe(result);
  });
});
