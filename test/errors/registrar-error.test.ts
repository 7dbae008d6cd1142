import { describe, expect, test } from 'vitest';
import { CATALOG } from '../../shared/errors/catalog.ts';
import { isRegistrarError, RegistrarError } from '../../shared/errors/registrar-error.ts';

describe('an error', () => {
  test('has the hint of its code and nothing it was not given', () => {
    const error = new RegistrarError('rate_limited', { message: 'The server asks to slow down.' });
    expect(error).toBeInstanceOf(Error);
    expect(error.name).toBe('RegistrarError');
    expect(error.message).toBe('The server asks to slow down.');
    expect(error.hint).toBe(CATALOG.rate_limited.hint);
    expect([error.client, error.server, error.retryAfterSeconds]).toEqual([undefined, undefined, undefined]);
    expect(error.problems).toEqual([]);
    expect(Object.hasOwn(error, 'cause')).toBe(false);
  });

  test('carries what it was given', () => {
    const cause = new Error('below');
    const problems = [{ path: 'clients.web', line: 3, message: 'is wrong', expected: 'right' }];
    const detail = { hint: 'Do this.', client: 'pr-1/web', server: 'https://as.example', problems, cause };
    const error = new RegistrarError('manifest_invalid', { message: 'x', retryAfterSeconds: 5, ...detail });
    expect(error).toMatchObject({ code: 'manifest_invalid', retryAfterSeconds: 5, ...detail });
    expect(error.cause).toBe(cause);
  });

  test('is told from other errors, and by its code', () => {
    const error = new RegistrarError('internal', { message: 'x' });
    expect(isRegistrarError(error)).toBe(true);
    expect(isRegistrarError(error, 'internal')).toBe(true);
    expect(isRegistrarError(error, 'cancelled')).toBe(false);
    expect(isRegistrarError(new Error('x'))).toBe(false);
    expect(isRegistrarError({ code: 'internal' }, 'internal')).toBe(false);
    expect(isRegistrarError(undefined)).toBe(false);
  });
});
