import { fileURLToPath } from 'node:url';
import { startAuthorizationServer } from '../test/support/authorization-server.ts';
import { closedWebhook } from '../test/worker/support/github-webhook.ts';
import { startWorker, type TestWorker, wish } from '../test/worker/support/worker.ts';
import { closedExample } from './closed-example.ts';
import type { Measurement } from './figure.ts';
import { median, pairwise, spread } from './in-turns.ts';
import type { Load } from './load-worker/load.ts';

const ROUNDS = 11;
const REQUESTS = 200;
const AT_ONCE = 8;
const LEAST = 0.7;
const BESIDE = ['bare-webhook', 'load-worker'].map((name) =>
  fileURLToPath(new URL(`${name}/wrangler.toml`, import.meta.url)),
);

const CANDIDATES = {
  nothing: { target: 'BARE', path: '/nothing' },
  bare: { target: 'BARE', path: '/webhooks/github' },
  ours: { target: 'OURS', path: '/webhooks/github' },
} as const satisfies Record<string, Pick<Load, 'target' | 'path'>>;

/** The webhook of a closed pull request, over a bare route that checks the signature and has one row written. */
export const webhookRoute: Measurement = async () => {
  const server = await startAuthorizationServer();
  const worker = await startWorker(server, {}, {}, { beside: BESIDE });
  try {
    // An object that has never kept anything keeps no deliveries either.
    await worker.apply('production/web', wish(server));
    const webhook = closedWebhook(1, closedExample());
    const rates: Record<keyof typeof CANDIDATES, number[]> = { nothing: [], bare: [], ours: [] };
    for (let round = 0; round <= ROUNDS; round += 1) {
      for (const name of ['nothing', 'bare', 'ours'] as const) {
        const load = { ...webhook, ...CANDIDATES[name], round, requests: REQUESTS, atOnce: AT_ONCE };
        const rate = await rateOf(worker, load);
        if (round > 0) rates[name].push(rate);
      }
    }
    const ratios = pairwise(rates.ours, rates.bare, (ours, bare) => ours / bare);
    const bareAlone = pairwise(rates.bare, rates.nothing, withoutSending);
    const oursAlone = pairwise(rates.ours, rates.nothing, withoutSending);
    const ratiosAlone = pairwise(oursAlone, bareAlone, (ours, bare) => ours / bare);
    const perSecond = { unit: ' per second' };
    const ratio = { digits: 2, unit: '' };
    return {
      title: `The webhook route (${ROUNDS} rounds in turns of ${REQUESTS} requests, ${AT_ONCE} at once, ${webhook.body.length} bytes each; smallest / median / largest)`,
      lines: [
        `${'a route that does nothing'.padEnd(28)} ${spread(rates.nothing, perSecond)}`,
        `${'a bare route'.padEnd(28)} ${spread(rates.bare, perSecond)}`,
        `${'the Worker'.padEnd(28)} ${spread(rates.ours, perSecond)}`,
        `${'ratio'.padEnd(28)} ${spread(ratios, ratio)}`,
        `${'ratio without sending'.padEnd(28)} ${spread(ratiosAlone, ratio)}`,
      ],
      figures: [
        ['the Worker / a bare route, median', ratios] as const,
        ['the same, without what sending takes, median', ratiosAlone] as const,
      ].map(([name, samples]) => ({
        name,
        value: median(samples).toFixed(2),
        target: `≥ ${LEAST}`,
        holds: median(samples) >= LEAST,
      })),
    };
  } finally {
    await worker.close();
    await server.close();
  }
};

/** Requests per second. */
async function rateOf({ harness }: TestWorker, load: Load): Promise<number> {
  const began = performance.now();
  const answer = await harness.getWorker('load').fetch('/', { method: 'POST', body: JSON.stringify(load) });
  if (answer.status !== 204) throw new Error(`the load was answered with ${answer.status}: ${await answer.text()}`);
  return load.requests / ((performance.now() - began) / 1000);
}

/** What the rate would be if the webhooks came from nowhere: sending them takes the same processor. */
function withoutSending(rate: number, nothing: number): number {
  return 1 / (1 / rate - 1 / nothing);
}
