import { startAuthorizationServer } from '../test/support/authorization-server.ts';
import { startLatency } from '../test/support/latency.ts';
import type { Measurement } from './figure.ts';
import { inTurns, median, pairwise, spread } from './in-turns.ts';
import { apply, applyNothing, checkoutWith } from './shipped-action.ts';

const ROUNDS = 11;
const ROUND_TRIP_MS = 50;
const LIMIT = 1.25;
/** What no client can do without, one after the other. */
const UNAVOIDABLE = [
  'connection set-up',
  'discovery (SMART configuration)',
  'registration (POST)',
  'verification: the new credentials',
  'verification: a wrong secret as control, after them or over a second connection that has to be set up',
];
/** The same, were a second connection there by itself. */
const STRICT = UNAVOIDABLE.length - 1;

/** One client for one job at a distant server, against the step's own start and the round trips it cannot save. */
export const jobOnlyClient: Measurement = async () => {
  const front = await startLatency({ roundTripMs: ROUND_TRIP_MS });
  const server = await startAuthorizationServer({ publicOrigin: front.origin });
  front.forwardTo(server.listeningOrigin);
  const checkout = await checkoutWith(manifest(server.fhirBase('r4')));
  let seen = '';
  try {
    const { noOp, client } = await inTurns(ROUNDS, {
      noOp: async () => (await applyNothing(checkout)).durationMs,
      client: async () => {
        server.reset();
        front.reset();
        const { durationMs } = await apply(checkout);
        const requests = server.requests.map(({ method, path }) => `${method} ${path}`).join(', ');
        seen = `${front.connections()} connections, ${front.requests()} requests: ${requests}`;
        return durationMs;
      },
    });
    const wireMs = UNAVOIDABLE.length * ROUND_TRIP_MS;
    const over = (roundTrips: number) =>
      pairwise(client, noOp, (one, other) => one / (other + roundTrips * ROUND_TRIP_MS));
    const ratio = over(UNAVOIDABLE.length);
    return {
      title: `One client for one job, round trip ${ROUND_TRIP_MS} ms (${ROUNDS} rounds in turns; smallest / median / largest)`,
      lines: [
        `the step, nothing to do       ${spread(noOp)}`,
        `the step, one client          ${spread(client)}`,
        `unavoidable: ${UNAVOIDABLE.length} round trips, ${wireMs} ms`,
        ...UNAVOIDABLE.map((what) => `  1 ${what}`),
        `seen on the wire: ${seen}`,
        `ratio                         ${spread(ratio, { digits: 2, unit: '' })}`,
        `ratio over ${STRICT} round trips      ${spread(over(STRICT), { digits: 2, unit: '' })}`,
      ],
      figures: [
        {
          name: 'one client / (nothing to do + unavoidable round trips), median',
          value: median(ratio).toFixed(2),
          target: `≤ ${LIMIT}`,
          holds: median(ratio) <= LIMIT,
        },
      ],
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
