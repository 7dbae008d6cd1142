import type { Counts } from '../test/worker/support/counted/counts.ts';
import { type CountedScene, openCountedScene, type Work } from '../test/worker/support/counted-scene.ts';
import { pullRequestRun } from '../test/worker/support/issuer.ts';
import { wish } from '../test/worker/support/worker.ts';
import type { Measurement } from './figure.ts';
import { fillObject } from './fill-object.ts';
import { tableLines } from './table-lines.ts';

const STORED = [1_000, 100_000] as const;
const DUE = 10;
const MOST = 1.1;

type Column = { readonly alarm: Work; readonly wake: Work; readonly cron: Work; readonly walk: Counts };

/** What an alarm and a run of the cron job do when little is due of what is stored, whether that is little or much. */
export const dueWork: Measurement = async () => {
  const scene = await openCountedScene();
  try {
    const columns: Column[] = [];
    for (const stored of STORED) columns.push(await measure(scene, stored));
    const row = (name: string, count: (column: Column) => number) => [name, columns.map(count)] as const;
    const [few = Number.NaN, many = Number.NaN] = columns.map(({ alarm }) => alarm.rowsRead / alarm.alarms);
    return {
      title: `What is due: ${DUE} registrations that ended, of those that are stored`,
      lines: tableLines(
        STORED.map((stored) => `${stored.toLocaleString('en')} stored`),
        [
          row('alarms until all is done', ({ alarm }) => alarm.alarms),
          row('  rows read', ({ alarm }) => alarm.rowsRead),
          row('  rows written', ({ alarm }) => alarm.rowsWritten),
          row('  KV writes', ({ alarm }) => alarm.kvWrites),
          row('  outgoing calls', ({ alarm }) => alarm.toServer + alarm.toGitHub),
          row('cron: repositories woken', ({ walk }) => walk.objectRequests),
          row('  KV reads, lists, writes', ({ walk }) => walk.kvReads + walk.kvLists + walk.kvWrites),
          row('  rows read by one that is woken', ({ wake }) => wake.rowsRead),
          row('  rows written by it', ({ wake }) => wake.rowsWritten),
          row('  calls to GitHub', ({ cron }) => cron.toGitHub),
        ],
      ),
      figures: [
        {
          name: 'rows read per alarm, with 100,000 over with 1,000',
          value: (many / few).toFixed(2),
          target: `≤ ${MOST}`,
          holds: many / few <= MOST,
        },
      ],
    };
  } finally {
    await scene.close();
  }
};

async function measure(scene: CountedScene, stored: number): Promise<Column> {
  const { worker, server, counted } = scene;
  const keys: string[] = [];
  for (let count = 0; count < DUE; count += 1) {
    const number = stored + count;
    keys.push(`pr-${number}/web`);
    const owner = { kind: 'pull_request', number } as const;
    scene.github.pull({ number, state: 'open', head: { ref: `feature-${number}`, sha: '1'.repeat(40) } });
    const { status } = await worker.apply(`pr-${number}/web`, { ...wish(server), owner }, pullRequestRun(number));
    if (status !== 200) throw new Error(`a registration was answered with ${status}`);
  }
  await fillObject(worker, stored - DUE);
  const wake = async () => (await worker.object()).wake();
  await counted(wake);
  const atRest = await counted(wake);
  const marks = keys.map(() => '?').join(', ');
  const alarm = await counted(async () => {
    const end = `UPDATE registrations SET end_reason = 'closed', due = ? WHERE key IN (${marks})`;
    await worker.sql(end, Date.now(), ...keys);
    await wake();
  });
  if (server.clients().length > 0) throw new Error('clients are left that should have ended');
  const walk = (await (await worker.harness.fetch(`/walk?stored=${stored}`)).json()) as Counts;
  return { alarm, wake: atRest, cron: await counted(worker.cron), walk };
}
