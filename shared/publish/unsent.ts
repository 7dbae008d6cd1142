import type { Publication } from './sink.ts';

/** A name that was claimed and that nothing was ever sent for: whatever is there is somebody else's. */
export function isUnsent({ state, of }: Publication): boolean {
  return state === 'claimed' && of === undefined;
}
