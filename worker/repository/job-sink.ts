import { RegistrarError } from '../../shared/errors/registrar-error.ts';
import { publicationKey } from '../../shared/publish/publish-place.ts';
import type { Publication, Sink } from '../../shared/publish/sink.ts';

/** Nobody has looked yet whether the name is somebody else's. */
const UNSEEN = 'unseen';

/** A name that a job has claimed or written: it is ours. */
export function isSeen({ tokenKind }: Publication): boolean {
  return tokenKind !== UNSEEN;
}

/**
 * The sink where the job publishes, because the Worker may not: names are taken, every write stops with
 * `publish_by_job` until the receipt of the job, and what is to be removed is only told.
 */
export function createJobSink({
  registration,
  now,
  left,
}: {
  readonly registration: string;
  readonly now: () => number;
  /** Told of each name that stays at GitHub. */
  readonly left: (publication: Publication) => void;
}): Sink {
  return {
    claim: async ({ targets, ours }) => {
      const mine = new Map(ours.map((entry) => [publicationKey(entry), entry]));
      return targets.flatMap(({ environment, items }) =>
        items.map((item): Publication => {
          const target = { kind: 'github' as const, ...(environment !== undefined && { environment }) };
          const known = mine.get(publicationKey({ target, item }));
          return known === undefined
            ? { target, item, state: 'claimed', at: now(), tokenKind: UNSEEN }
            : { ...known, target, item };
        }),
      );
    },
    write: async () => {
      throw new RegistrarError('publish_by_job', {
        message: `The credentials of ${registration} are made and wait to be published by the job.`,
        client: registration,
      });
    },
    erase: async (publication) => {
      if (isSeen(publication)) left(publication);
    },
  };
}
