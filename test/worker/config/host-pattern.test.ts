import { expect, test } from 'vitest';
import { fitsHost, readHostPattern } from '../../../worker/config/host-pattern.ts';

function fits(pattern: string, url: string): boolean {
  const read = readHostPattern(pattern);
  if ('message' in read) throw new Error(`${pattern} ${read.message}`);
  return fitsHost(read, new URL(url));
}

test.each([
  ['app.example.org', 'https://app.example.org/cb'],
  ['App.Example.org', 'https://app.example.org/cb'],
  ['app.example.org:443', 'https://app.example.org/cb'],
  ['app.example.org:8443', 'https://app.example.org:8443/cb'],
  ['xn--mnchen-3ya.example', 'https://xn--mnchen-3ya.example/'],
  ['192.0.2.7', 'https://192.0.2.7/'],
  ['[2001:db8::1]', 'https://[2001:db8::1]/'],
  ['[2001:db8::1]:8443', 'https://[2001:db8::1]:8443/'],
  ['*.example.org', 'https://pr-42.example.org/cb'],
  ['*.example.org:8443', 'https://pr-42.example.org:8443/cb'],
  ['app-*-team.vercel.app', 'https://app-git-feature-x-team.vercel.app/cb'],
  ['deploy-preview-*--site.netlify.app', 'https://deploy-preview-42--site.netlify.app/cb'],
  ['localhost', 'http://localhost:3000/cb'],
  ['127.0.0.1', 'http://127.0.0.1:51004/cb'],
  ['[::1]', 'http://[::1]:51004/cb'],
  ['localhost:3000', 'http://localhost:3000/cb'],
])('%s fits %s', (pattern, url) => {
  expect(fits(pattern, url)).toBe(true);
});

test.each([
  ['app.example.org', 'http://app.example.org/cb'],
  ['app.example.org', 'https://app.example.org:8443/cb'],
  ['app.example.org:8443', 'https://app.example.org/cb'],
  ['app.example.org', 'https://app.example.org./cb'],
  ['app.example.org', 'https://app.example.org.evil.example/cb'],
  ['app.example.org', 'https://evil.example/app.example.org'],
  ['app.example.org', 'https://appxexample.org/cb'],
  ['app.example.org', 'https://x.app.example.org/cb'],
  ['*.example.org', 'https://example.org/cb'],
  ['*.example.org', 'https://a.b.example.org/cb'],
  ['*.example.org', 'https://*.example.org/cb'],
  ['*.example.org', 'https://pr-42.example.org./cb'],
  ['*.example.org', 'https://pr-42.exampleXorg/cb'],
  ['*.example.org', 'https://evil.example/x.example.org'],
  ['app-*-team.vercel.app', 'https://app--team.vercel.app/cb'],
  ['app-*-team.vercel.app', 'https://app-x.evil-team.vercel.app/cb'],
  ['app-*-team.vercel.app', 'https://other-x-team.vercel.app/cb'],
  ['localhost', 'http://localhost.evil.example/cb'],
  ['localhost:3000', 'http://localhost:3001/cb'],
  ['192.0.2.7', 'http://192.0.2.7/'],
])('%s does not fit %s', (pattern, url) => {
  expect(fits(pattern, url)).toBe(false);
});

test.each([
  ['', 'is not a host'],
  ['https://app.example.org', 'is not a host'],
  ['app.example.org/cb', 'is not a host'],
  ['app.example.org?x', 'is not a host'],
  ['app.example.org#x', 'is not a host'],
  ['user@app.example.org', 'is not a host'],
  ['app.example.org\\x', 'is not a host'],
  ['app%2eexample.org', 'is not a host'],
  ['app.example.org.', 'is not a host'],
  ['app.example.org:99999', 'is not a host'],
  ['a b', 'is not a host'],
  ['münchen.example', 'is not written as a URL has it'],
  ['ａpp.example.org', 'is not written as a URL has it'],
  ['app。example.org', 'is not written as a URL has it'],
  ['3232235521', 'is not written as a URL has it'],
  ['127.1', 'is not written as a URL has it'],
  ['[2001:db8:0:0::1]', 'is not written as a URL has it'],
  ['app_x.example.org', 'is not written as a URL has it'],
  ['*.*.example.org', 'has a * outside its first label, or more than one'],
  ['app.*.example.org', 'has a * outside its first label, or more than one'],
  ['**.example.org', 'has a * outside its first label, or more than one'],
  ['*', 'fits the hosts of strangers'],
  ['*.org', 'fits the hosts of strangers'],
  ['*.vercel.app', 'fits the hosts of strangers'],
  ['*.Pages.dev', 'fits the hosts of strangers'],
])('"%s" %s', (pattern, message) => {
  expect(readHostPattern(pattern)).toEqual({ message, expected: expect.any(String) });
});
