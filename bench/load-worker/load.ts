import type { SignedBody } from '../../test/worker/support/signed-body.ts';

/** Webhooks to be sent. */
export type Load = SignedBody & {
  readonly target: 'OURS' | 'BARE';
  readonly path: string;
  /** Deliveries of a round have names of their own. */
  readonly round: number;
  readonly requests: number;
  readonly atOnce: number;
};
