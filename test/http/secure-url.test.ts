import { describe, expect, test } from 'vitest';
import { isLoopbackHttp, secureUrl } from '../../shared/http/secure-url.ts';

describe('an address that something may be sent to', () => {
  test.each(['https://as.example/reg', 'https://127.0.0.1/', 'HTTPS://As.Example', 'https://as.example:8443/a?b=c'])(
    'may be %s',
    (url) => {
      expect(secureUrl(url, false).protocol).toBe('https:');
    },
  );

  test.each([
    'http://127.0.0.1:9/',
    'http://localhost:9/a',
    'http://[::1]:9/',
    'http://127.1/',
    'http://2130706433/',
    'http://LOCALHOST/',
  ])('may be %s only where http to this machine is allowed', (url) => {
    expect(secureUrl(url, true).protocol).toBe('http:');
    expect(() => secureUrl(url, false)).toThrow(expect.objectContaining({ code: 'url_insecure' }));
  });

  test.each([
    'http://as.example/',
    'http://127.0.0.1.evil.example/',
    'http://localhost.evil/',
    'http://localhost./',
    'http://127.0.0.2/',
    'http://0.0.0.0/',
    'http://[::ffff:127.0.0.1]/',
    'http://evil.example/#127.0.0.1',
    'http://evil.example\\@127.0.0.1/',
    'ftp://127.0.0.1/',
    'javascript:alert(1)',
    'data:text/plain,x',
    '/reg',
    'as.example/reg',
    '',
  ])('is never %j', (url) => {
    expect(() => secureUrl(url, true)).toThrow(expect.objectContaining({ code: 'url_insecure' }));
    expect(isLoopbackHttp(url)).toBe(false);
  });

  test.each([
    'https://user@as.example/',
    'https://:canary@as.example/',
    'http://localhost@evil.example/',
    'http://u:canary@127.0.0.1/',
  ])('never carries userinfo: %s', (url) => {
    const refused = () => secureUrl(url, true);
    expect(refused).toThrow(expect.objectContaining({ code: 'url_insecure' }));
    expect(refused).not.toThrow(/canary|user@/);
  });

  test('is named in the error without its query', () => {
    expect(() => secureUrl('http://as.example/reg?token=canary', false)).toThrow(
      /^http:\/\/as\.example\/reg is not https$/,
    );
  });
});
