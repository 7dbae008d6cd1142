import { describe, expect, test } from 'vitest';
import { readFetchFailure } from '../../shared/http/failed-fetch.ts';

const withCode = (code: unknown, more: Readonly<Record<string, unknown>> = {}) =>
  new TypeError('fetch failed', { cause: Object.assign(new Error('canary'), { code, ...more }) });
const withMessage = (message: string) => new TypeError('fetch failed', { cause: new Error(message) });

describe('a fetch that failed', () => {
  test.each(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'UND_ERR_CONNECT_TIMEOUT'])(
    'with %s sent nothing',
    (code) => {
      const failure = readFetchFailure(withCode(code));
      expect(failure.kind).toBe('not-sent');
      expect(failure.reason).toContain(code);
    },
  );

  test.each([
    'CERT_HAS_EXPIRED',
    'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    'SELF_SIGNED_CERT_IN_CHAIN',
    'DEPTH_ZERO_SELF_SIGNED_CERT',
    'ERR_TLS_CERT_ALTNAME_INVALID',
  ])('with %s met a certificate that is not trusted', (code) => {
    expect(readFetchFailure(withCode(code))).toEqual({
      kind: 'untrusted',
      reason: `its certificate is not trusted (${code})`,
    });
  });

  test.each([
    'ERR_SSL_WRONG_VERSION_NUMBER',
    'ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE',
    'ERR_TLS_PROTOCOL_VERSION_CONFLICT',
  ])('with %s got no secure connection', (code) => {
    expect(readFetchFailure(withCode(code)).kind).toBe('untrusted');
    expect(readFetchFailure(withCode(code)).reason).toContain('no secure connection');
  });

  test.each(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET', 'ETIMEDOUT', 'ERR_SSL_DECRYPTION_FAILED_OR_BAD_RECORD_MAC'])(
    'with %s may have reached the server',
    (code) => {
      expect(readFetchFailure(withCode(code))).toEqual({ kind: 'unclear', reason: `the connection broke (${code})` });
    },
  );

  test('while connecting sent nothing, whatever its code', () => {
    expect(readFetchFailure(withCode('ETIMEDOUT', { syscall: 'connect' })).kind).toBe('not-sent');
    expect(readFetchFailure(withCode('ETIMEDOUT', { syscall: 'read' })).kind).toBe('unclear');
    expect(readFetchFailure(withCode(undefined, { syscall: 'getaddrinfo' })).reason).toBe(
      'the connection could not be made',
    );
  });

  test('on every address of a host sent nothing', () => {
    const one = Object.assign(new Error('canary'), { code: 'ETIMEDOUT', syscall: 'connect' });
    const all = Object.assign(new AggregateError([one, one]), { code: 'ETIMEDOUT' });
    expect(readFetchFailure(new TypeError('fetch failed', { cause: all })).kind).toBe('not-sent');
  });

  test.each([
    ['Proxy response (403) !== 200 when HTTP Tunneling', 'the proxy refused to connect (403)'],
    [
      'Client network socket disconnected before secure TLS connection was established',
      'the secure connection was cut short',
    ],
    ['bad port', 'fetch does not allow this port'],
  ])('with "%s" sent nothing', (message, reason) => {
    expect(readFetchFailure(withMessage(message))).toEqual({ kind: 'not-sent', reason });
  });

  test.each([
    undefined,
    null,
    'canary',
    42,
    new Error('canary'),
    withMessage('canary'),
    withCode('canary with blanks'),
    withCode(0),
    { message: 7 },
  ])('without anything telling may have reached the server, and its own words stay unsaid', (error) => {
    expect(readFetchFailure(error)).toEqual({ kind: 'unclear', reason: 'the connection broke' });
  });

  test('that is its own cause is read to an end', () => {
    const error: { cause?: unknown } = {};
    error.cause = error;
    expect(readFetchFailure(error).kind).toBe('unclear');
  });
});
