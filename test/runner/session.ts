import type { Story } from '../demo/story.ts';
import type { Secrets } from './secrets.ts';

/** One run of everything here. */
export type Session = {
  /** Masks what `secrets` knows. */
  readonly story: Story;
  readonly secrets: Secrets;
  /** Workflows that were started. */
  readonly started: Set<string>;
};
