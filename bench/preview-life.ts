import { openCountedScene } from '../test/worker/support/counted-scene.ts';
import { closedWebhook, sendWebhook } from '../test/worker/support/github-webhook.ts';
import { openWorkerJobs } from '../test/worker/support/worker-jobs.ts';
import type { Measurement } from './figure.ts';
import { type Charged, LIST_PRICES } from './list-prices.ts';
import { ACTION } from './shipped-action.ts';
import { tableLines } from './table-lines.ts';

const PULL = 42;
const RENEWALS = 5;
const PREVIEWS = 1000;

/** Everything that one preview takes from its first deploy to the end of its pull request, and what that costs. */
export const previewLife: Measurement = async () => {
  const scene = await openCountedScene();
  const jobs = await openWorkerJobs(scene, ACTION);
  let webhooks = 0;
  const charged = async (work: () => Promise<unknown>): Promise<Charged> => {
    const before = jobs.requests() + webhooks;
    const done = await scene.counted(work);
    return { ...done, requests: jobs.requests() + webhooks - before };
  };
  try {
    // The first deploy of a repository makes its tables.
    await jobs.deployProduction();
    const first = await charged(() => jobs.deployPreview(PULL));
    const renewals: Charged[] = [];
    for (let count = 0; count < RENEWALS; count += 1) {
      await scene.age(`pr-${PULL}/web`);
      renewals.push(await charged(() => jobs.deployPreview(PULL)));
    }
    const end = await charged(() => {
      webhooks += 1;
      return sendWebhook(scene.worker, closedWebhook(PULL));
    });
    const left = scene.server.clients().length;
    if (left !== 1) throw new Error(`${left} clients are left where one should be`);

    const rows = LIST_PRICES.map(({ what, count, perMillion }) => {
      const renewed = renewals.map(count).reduce((sum, each) => sum + each, 0);
      const all = count(first) + renewed + count(end);
      return { what, cells: [count(first), renewed, count(end), all], dollars: (all * PREVIEWS * perMillion) / 1e6 };
    });
    const total = rows.reduce((sum, { dollars }) => sum + dollars, 0);
    return {
      title: `The life of a preview: a deploy, ${RENEWALS} that renew it, its end; prices are Cloudflare's, beyond what is included`,
      lines: [
        ...tableLines(
          ['deploy', `${RENEWALS} renewals`, 'end', 'all', `$ for ${PREVIEWS}`],
          rows.map(({ what, cells, dollars }) => [what, [...cells, dollars.toFixed(4)]]),
        ),
        `${PREVIEWS} previews: $ ${total.toFixed(3)}`,
      ],
      figures: [],
    };
  } finally {
    await jobs.close();
    await scene.close();
  }
};
