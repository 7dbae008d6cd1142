import { startAuthorizationServer } from '../test/support/authorization-server.ts';
import { startLatency } from '../test/support/latency.ts';
import { costLines, costOf, overLeast, ratioFigures, ratioLines } from './cost.ts';
import type { Measurement } from './figure.ts';
import { inTurns } from './in-turns.ts';
import { ROUND_TRIP_MS, type RoundTrips, roundTripLines, wireMs } from './round-trips.ts';
import { apply, applyNothing, checkoutWith } from './shipped-action.ts';

const ROUNDS = 11;
const LIMIT = 1.25;
const UNAVOIDABLE: RoundTrips = [
  [1, 'connection set-up'],
  [1, 'discovery (SMART configuration)'],
  [1, 'registration (POST)'],
  [1, 'verification: the new credentials'],
  [1, 'verification: a wrong secret as control, after them or over a second connection that has to be set up'],
];

/** One client for one job at a distant server, against the step's own start and the round trips it cannot save. */
export const jobOnlyClient: Measurement = async () => {
  const front = await startLatency({ roundTripMs: ROUND_TRIP_MS });
  const server = await startAuthorizationServer({ publicOrigin: front.origin });
  front.forwardTo(server.listeningOrigin);
  const checkout = await checkoutWith(manifest(server.fhirBase('r4')));
  let seen = '';
  try {
    const { nothing, client } = await inTurns(ROUNDS, {
      nothing: () => costOf((env) => applyNothing(checkout, env)),
      client: async () => {
        server.reset();
        front.reset();
        const cost = await costOf((env) => apply(checkout, env));
        const requests = server.requests.map(({ method, path }) => `${method} ${path}`).join(', ');
        seen = `${front.connections()} connections, ${front.requests()} requests: ${requests}`;
        return cost;
      },
    });
    const ratios = overLeast(client, nothing, wireMs(UNAVOIDABLE));
    return {
      title: `One client for one job, round trip ${ROUND_TRIP_MS} ms (${ROUNDS} rounds in turns; smallest / median / largest)`,
      lines: [
        ...costLines('the step, nothing to do', nothing),
        ...costLines('the step, one client', client),
        ...roundTripLines(UNAVOIDABLE),
        `seen on the wire: ${seen}`,
        ...ratioLines(ratios),
      ],
      figures: ratioFigures('one client / (nothing to do + round trips)', ratios, LIMIT),
    };
  } finally {
    await Promise.all([checkout.remove(), server.close(), front.close()]);
  }
};

function manifest(fhirBase: string): string {
  return `
version: 1
clients:
  web:
    type: confidential
    server: ${fhirBase}
    ttl: job
    metadata: { redirect_uris: ['https://app.example.org/callback'] }
`;
}
