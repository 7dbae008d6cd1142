import { costLines, costOf, overLeast, ratioFigures, ratioLines } from './cost.ts';
import { openDistantRepository } from './distant-repository.ts';
import type { Measurement } from './figure.ts';
import { inTurns } from './in-turns.ts';
import { ROUND_TRIP_MS, type RoundTrips, roundTripLines, wireMs } from './round-trips.ts';

const ROUNDS = 11;
const LIMIT = 1.25;
const UNAVOIDABLE: RoundTrips = [
  [1, 'GitHub: connection set-up'],
  [1, 'GitHub: where the state is (ref)'],
  [1, 'GitHub: the state'],
];

/** A deploy that finds everything as the manifest asks. */
export const unchangedDeploy: Measurement = async () => {
  const repository = await openDistantRepository({ clients: 1, servers: 1 });
  try {
    await repository.deploy();
    const { nothing, unchanged } = await inTurns(ROUNDS, {
      nothing: () => costOf(repository.deployNothing),
      unchanged: async () => {
        repository.resetWire();
        return costOf(repository.deploy);
      },
    });
    const ratios = overLeast(unchanged, nothing, wireMs(UNAVOIDABLE));
    return {
      title: `An unchanged deploy, round trip ${ROUND_TRIP_MS} ms (${ROUNDS} rounds in turns; smallest / median / largest)`,
      lines: [
        ...costLines('the step, nothing to do', nothing),
        ...costLines('the step, nothing changed', unchanged),
        ...roundTripLines(UNAVOIDABLE),
        `seen on the wire: ${repository.wire()}`,
        ...ratioLines(ratios),
      ],
      figures: ratioFigures('unchanged / (nothing to do + round trips)', ratios, LIMIT),
    };
  } finally {
    await repository.close();
  }
};
