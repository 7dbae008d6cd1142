import type { Fault } from './problems.ts';

const UNIT_SECONDS: Readonly<Record<string, number>> = { m: 60, h: 3600, d: 86_400, w: 604_800 };

/** `90m`, `24h`, `14d`, `2w`. */
export const DURATION = /^[1-9][0-9]{0,5}[mhdw]$/;

const MINUTE = 60;
const DAY = 86_400;

/** Sensible limits in seconds: shorter does nothing but load a server, longer is a typing error. */
export const LIMITS = {
  ttl: { least: 5 * MINUTE, most: 365 * DAY },
  every: { least: 60 * MINUTE, most: 730 * DAY },
  overlap: { least: MINUTE, most: 90 * DAY },
} as const;

/** How long old and new credentials both work unless the manifest says otherwise. */
export const DEFAULT_OVERLAP_SECONDS = DAY;

/** Seconds in words as short as the manifest's: `14d`. */
function showDuration(seconds: number): string {
  const [unit, length] = seconds % DAY === 0 ? ['d', DAY] : seconds % 3600 === 0 ? ['h', 3600] : ['m', MINUTE];
  return `${seconds / Number(length)}${unit}`;
}

/** Reads a duration such as `14d`: its seconds, or what is wrong with it. */
export function readDuration(
  text: string,
  { least, most }: { readonly least: number; readonly most: number },
): number | Fault {
  if (!DURATION.test(text)) {
    return { message: 'is not a duration', expected: 'a whole number and a unit: 90m, 24h, 14d or 2w' };
  }
  const seconds = Number(text.slice(0, -1)) * Number(UNIT_SECONDS[text.slice(-1)]);
  if (seconds < least || seconds > most) {
    return {
      message: seconds < least ? 'is too short' : 'is too long',
      expected: `between ${showDuration(least)} and ${showDuration(most)}`,
    };
  }
  return seconds;
}
