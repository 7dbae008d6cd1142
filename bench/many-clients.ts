import { registerByHand } from './by-hand/register-by-hand.ts';
import { costLines, costOf, overLeast, ratioFigures, ratioLines } from './cost.ts';
import { type DistantRepository, openDistantRepository } from './distant-repository.ts';
import type { Measurement } from './figure.ts';
import { inTurns, median, pairwise, spread } from './in-turns.ts';
import { ROUND_TRIP_MS, type RoundTrips, roundTripLines, wireMs } from './round-trips.ts';

const ROUNDS = 3;
const CLIENTS = 20;
const SERVERS = 4;
const LIMIT = 1.5;
const TIMES_FASTER = 4;
const CRITICAL_PATH: RoundTrips = [
  [1, 'GitHub: connection set-up'],
  [2, 'state: looked for in both places where it can be'],
  [2, 'discovery: connection set-up, and the SMART configuration'],
  [2, 'rights: names and public key at once, over connections that have to be set up'],
  [2, 'rights: a probe is written and removed'],
  [3, 'state: what is about to be registered (tree, commit, ref)'],
  [CLIENTS / SERVERS, 'registration: the POSTs to one server, one after the other'],
  [3, 'state: the last answers'],
  [2, 'verification: the new credentials, and a wrong secret as control'],
  [3, 'state: what is about to be published'],
  [Math.ceil((2 * CLIENTS) / 6), `publishing: ${2 * CLIENTS} values, six calls at once`],
  [3, 'state: what is published'],
];

/** Twenty new clients on four servers, against what cannot be saved and against what people do today. */
export const manyClients: Measurement = async () => {
  const repository = await openDistantRepository({ clients: CLIENTS, servers: SERVERS });
  let wire = '';
  try {
    const { nothing, action, byHand } = await inTurns(ROUNDS, {
      nothing: () => costOf(repository.deployNothing),
      action: async () => {
        await repository.renew();
        repository.resetWire();
        const cost = await costOf(repository.deploy);
        wire = repository.wire();
        checkPublished(repository);
        return cost;
      },
      byHand: async () => {
        await repository.renew();
        const { durationMs } = await registerByHand(repository);
        checkPublished(repository);
        return { wallMs: durationMs, processorMs: Number.NaN };
      },
    });
    const ratios = overLeast(action, nothing, wireMs(CRITICAL_PATH));
    const faster = pairwise(byHand.wall, action.wall, (one, other) => one / other);
    return {
      title: `${CLIENTS} new clients on ${SERVERS} servers, round trip ${ROUND_TRIP_MS} ms (${ROUNDS} rounds in turns; smallest / median / largest)`,
      lines: [
        ...costLines('the step, nothing to do', nothing),
        ...costLines(`the step, ${CLIENTS} new clients`, action),
        `${'a loop of curl and jq'.padEnd(28)} ${spread(byHand.wall)}`,
        ...roundTripLines(CRITICAL_PATH),
        `seen on the wire: ${wire}`,
        ...ratioLines(ratios),
        `${'times faster than the loop'.padEnd(28)} ${spread(faster, { digits: 1, unit: '' })}`,
      ],
      figures: [
        ...ratioFigures(`${CLIENTS} new clients / (nothing to do + critical path)`, ratios, LIMIT),
        {
          name: 'times faster than the loop, median',
          value: median(faster).toFixed(1),
          target: `≥ ${TIMES_FASTER}`,
          holds: median(faster) >= TIMES_FASTER,
        },
      ],
    };
  } finally {
    await repository.close();
  }
};

function checkPublished({ github, servers }: DistantRepository): void {
  const made = servers.flatMap((server) => server.clients().map(({ clientId }) => clientId)).sort();
  const published = Object.values(github().variables()).sort();
  const secrets = Object.keys(github().secrets()).length;
  if (made.length !== CLIENTS || secrets !== CLIENTS || made.join() !== published.join())
    throw new Error(`${made.length} clients were made, ${published.length} ids and ${secrets} secrets published`);
}
