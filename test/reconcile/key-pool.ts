import type { KeyPair } from '../../shared/record/record.ts';
import type { makeKeyPair } from '../../shared/registration/make-key.ts';

const made: Promise<KeyPair>[] = [];
let used = 0;

/** Keys that were made before, in the same order each time: making one takes longer than a whole journey. */
export const keyPool = {
  /** From now on the first one again. */
  restart: (): void => {
    used = 0;
  },
  of:
    (make: typeof makeKeyPair): typeof makeKeyPair =>
    (algorithm) => {
      const key = made[used] ?? make(algorithm);
      made[used] = key;
      used += 1;
      return key;
    },
};
