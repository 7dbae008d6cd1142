import { describe, expect, it } from 'vitest';
import { didYouMean } from '../../shared/manifest/did-you-mean.ts';
import { describeProblem, showPath } from '../../shared/manifest/problems.ts';

describe('a problem', () => {
  it.each([
    [
      { path: 'a.b', line: 3, message: 'is wrong', expected: 'right' },
      'm.yml',
      'm.yml:3: a.b: is wrong; expected right',
    ],
    [{ path: 'a.b', line: 3, message: 'is wrong' }, undefined, 'line 3: a.b: is wrong'],
    [{ path: 'ttl', message: 'is wrong' }, 'm.yml', 'm.yml: ttl: is wrong'],
    [{ path: '', message: 'is wrong' }, undefined, 'is wrong'],
    [{ path: '', message: 'is\n::error::wrong' }, undefined, 'is : :error: :wrong'],
  ])('is described on one line', (problem, file, text) => {
    expect(describeProblem(problem, file)).toBe(text);
  });

  it.each([
    [[], ''],
    [['clients', 'web', 'redirect_uris', 0], 'clients.web.redirect_uris[0]'],
    [['environments', 'pr-*'], 'environments.pr-*'],
    [['client_name#fr'], 'client_name#fr'],
    [['a', 'b c\n'], 'a["b c"]'],
  ])('has the path %j shown as %s', (path, text) => {
    expect(showPath(path)).toBe(text);
  });
});

describe('a misspelled word', () => {
  const known = ['server', 'type', 'metadata', 'redirect_uris', 'ttl'];
  it.each([
    ['metdata', 'metadata'],
    ['Server', 'server'],
    ['redirect-uris', 'redirect_uris'],
    ['redirect_urls', 'redirect_uris'],
    ['tpye', 'type'],
    ['tlt', 'ttl'],
    ['ytp', undefined],
    ['something', undefined],
    ['', undefined],
    ['x'.repeat(1000), undefined],
  ])('%s is taken for %s', (word, meant) => {
    expect(didYouMean(word, known)).toBe(meant);
  });

  it('is taken for the nearest of several', () => {
    expect(didYouMean('client_uri', ['client_url_x', 'client_uris', 'client_uri_x'])).toBe('client_uris');
  });
});
