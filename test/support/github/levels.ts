import { randomInt } from 'node:crypto';
import sodium from 'libsodium-wrappers';
import type { Level } from './world.ts';

await sodium.ready;

export function newLevel(): Level {
  return { ...newKey(), secrets: new Map(), variables: new Map() };
}

/** A key pair as GitHub gives one to each repository and environment. */
export function newKey(): Pick<Level, 'keyId' | 'publicKey' | 'privateKey'> {
  const { publicKey, privateKey } = sodium.crypto_box_keypair();
  return { keyId: `5682501672425${randomInt(10_000, 99_999)}`, publicKey, privateKey };
}

/** Opens a sealed box with the level's key; undefined when it does not open. */
export function openBox(level: Level, base64: string): Uint8Array | undefined {
  try {
    return sodium.crypto_box_seal_open(Buffer.from(base64, 'base64'), level.publicKey, level.privateKey);
  } catch {
    return undefined;
  }
}

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** GitHub's rules for the names of secrets and variables; null when the name may be used. */
export function nameProblem(kind: 'Secret' | 'Variable', name: string): string | null {
  if (!NAME.test(name)) {
    return `${kind} names can only contain alphanumeric characters ([a-z], [A-Z], [0-9]) or underscores (_). Spaces are not allowed. Must start with a letter ([a-z], [A-Z]) or underscores (_).`;
  }
  return /^GITHUB_/i.test(name) ? `${kind} names must not start with GITHUB_.` : null;
}
