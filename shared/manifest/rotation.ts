import type { JsonObject } from '../ports/ports.ts';
import type { Rotation } from './desired.ts';
import { DEFAULT_OVERLAP_SECONDS, LIMITS, readDuration } from './durations.ts';
import { type Finding, quoted } from './problems.ts';
import type { ClientEntry } from './schema.ts';

/** Whether a key can be replaced while the client stays: it is made here, and somebody serves it. */
function checkKeys({ metadata, hosted, intact }: Parameters<typeof readRotation>[1]): readonly Finding[] {
  const at = ['rotate', 'strategy'];
  if (intact && metadata.token_endpoint_auth_method !== 'private_key_jwt') {
    return [
      {
        at,
        message: 'is keys, but this client has none',
        expected: 'replace or in-place, or token_endpoint_auth_method: private_key_jwt',
      },
    ];
  }
  if (metadata.jwks !== undefined || metadata.jwks_uri !== undefined) {
    return [
      {
        at,
        message: 'is keys, but the metadata brings a key of its own',
        expected: 'replace, or the metadata without jwks and jwks_uri',
      },
    ];
  }
  if (hosted) return [];
  const message = 'is keys, and without a Worker nobody hosts the public keys for the server to read';
  return [{ at, message, expected: 'the input worker-url, or replace or in-place' }];
}

/** How a client's credentials are renewed: 24 h of overlap, a new client and a confirmed retirement unless said. */
export function readRotation(
  rotate: NonNullable<ClientEntry['rotate']>,
  keys: {
    readonly metadata: JsonObject;
    /** Keys can be hosted in this run. */
    readonly hosted: boolean;
    /** False when parts of the entry were found wrong. */
    readonly intact: boolean;
  },
): { readonly rotation: Rotation; readonly findings: readonly Finding[] } {
  const findings: Finding[] = [];
  const seconds = (name: 'every' | 'overlap'): number | undefined => {
    const text = rotate[name];
    if (text === undefined) return undefined;
    const read = readDuration(text, LIMITS[name]);
    if (typeof read === 'number') return read;
    findings.push({ at: ['rotate', name], ...read, message: `${quoted(text)} ${read.message}` });
    return undefined;
  };
  const everySeconds = seconds('every');
  const overlapSeconds = seconds('overlap') ?? DEFAULT_OVERLAP_SECONDS;
  const strategy = rotate.strategy ?? 'replace';
  const clientIdMayChange = rotate.client_id === 'may_change';
  if (everySeconds !== undefined && overlapSeconds >= everySeconds) {
    findings.push({
      at: ['rotate', 'overlap'],
      message: 'is not shorter than the time between rotations',
      expected: `less than ${rotate.every}`,
    });
  }
  if (strategy === 'keys') findings.push(...checkKeys(keys));
  if (everySeconds !== undefined && strategy === 'replace' && !clientIdMayChange) {
    findings.push({
      at: ['rotate'],
      message: 'gives the app a new client_id each time, which ends consents and refresh tokens',
      expected: 'client_id: may_change, if that is acceptable',
      warning: true,
    });
  }
  return {
    rotation: {
      ...(everySeconds === undefined ? {} : { everySeconds }),
      overlapSeconds,
      strategy,
      clientIdMayChange,
      retire: rotate.retire ?? 'confirmed',
    },
    findings,
  };
}
