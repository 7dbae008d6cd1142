import type { Rotation } from './desired.ts';
import { DEFAULT_OVERLAP_SECONDS, LIMITS, readDuration } from './durations.ts';
import { type Finding, quoted } from './problems.ts';
import type { ClientEntry } from './schema.ts';

/** How a client's credentials are renewed: 24 h of overlap, a new client and a confirmed retirement unless said. */
export function readRotation(rotate: NonNullable<ClientEntry['rotate']>): {
  readonly rotation: Rotation;
  readonly findings: readonly Finding[];
} {
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
  if (strategy === 'keys') {
    findings.push({
      at: ['rotate', 'strategy'],
      message: 'is keys, which does not exist yet',
      expected: 'replace or in-place',
    });
  }
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
