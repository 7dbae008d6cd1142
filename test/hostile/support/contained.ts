import { expect } from 'vitest';
import { isRegistrarError, type RegistrarError } from '../../../shared/errors/registrar-error.ts';
import { CANARY } from './json.ts';

const INTRINSICS = [Object.prototype, Array.prototype, Function.prototype, String.prototype] as const;
const MEMBERS = INTRINSICS.map((intrinsic) => Reflect.ownKeys(intrinsic).map(String).join());

// One line in a log, and it reads as it is written. The Action's own escaping comes on top.
const UNPRINTABLE = /[\p{Cc}\u2028\u2029\u200E\u200F\u202A-\u202E\u2066-\u2069\uFEFF]/u;

/** Whatever was thrown is ours, says it in printable words, and has no secret in it; nothing else has changed. */
export async function contained<T>(
  work: () => T | Promise<T>,
  secrets: readonly string[] = [CANARY],
): Promise<T | RegistrarError> {
  try {
    return await work();
  } catch (error) {
    if (!isRegistrarError(error)) throw error;
    expectWellSaid(error, secrets);
    return error;
  } finally {
    expectUnpolluted();
  }
}

/** Everything that an error tells people, its causes included. */
export function expectWellSaid(error: RegistrarError, secrets: readonly string[] = [CANARY]): void {
  expect(error.code).not.toBe('internal');
  const words = [
    error.message,
    error.hint,
    error.client ?? '',
    error.server ?? '',
    ...error.problems.flatMap(({ path, message, expected = '' }) => [path, message, expected]),
  ];
  for (const text of words) expectPrintable(text);
  for (const secret of secrets) expect(JSON.stringify([words, causesOf(error)])).not.toContain(secret);
}

export function expectPrintable(text: string): void {
  expect(UNPRINTABLE.exec(text), JSON.stringify(text.slice(0, 400))).toBeNull();
}

function causesOf(error: unknown): readonly string[] {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause === undefined ? [] : [String(cause), ...causesOf(cause)];
}

export function expectUnpolluted(): void {
  expect(INTRINSICS.map((intrinsic) => Reflect.ownKeys(intrinsic).map(String).join())).toEqual(MEMBERS);
}
