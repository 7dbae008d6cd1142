import type { Measured } from '../../bench/figure.ts';
import { REPOSITORY } from '../worker/support/issuer.ts';
import { answersLine, exactly } from './report.ts';
import { runtimeMemoryLine } from './runtime-memory.ts';
import type { LoadScene } from './scene.ts';
import { filledKey } from './worker/books.ts';

const EACH = 100;
/** Repositories filled per request. */
const PIECE = 10;

type Item = { readonly repository: string; readonly key: string; readonly key_id: string };
type Page = { readonly registrations: readonly Item[]; readonly cursor?: string };
type Counted = { readonly inventory: Readonly<Record<string, number>>; readonly cursor?: string };

/** A hundred thousand records in the inventory: a list shows each once, and the cron job wakes every repository. */
export async function walkInventory(scene: LoadScene): Promise<Measured> {
  const { repositories } = scene;
  const before = (await listAll(scene)).items;
  const filling = performance.now();
  await fill(scene);
  const fillSeconds = (performance.now() - filling) / 1000;
  const filled = repositories.length * EACH;

  const { items, pages } = await listAll(scene);
  const listed = new Set(items.map(({ repository, key }) => `${repository}/${key}`));
  const missing = repositories.flatMap((repository) =>
    Array.from({ length: EACH }, (_, number) => `${repository}/${filledKey(number)}`).filter(
      (name) => !listed.has(name),
    ),
  );
  const counts = await countAll(scene);

  const wakes: string[] = [];
  const runs: number[] = [];
  await scene.woken();
  do {
    const began = performance.now();
    await scene.worker.cron();
    runs.push(performance.now() - began);
    wakes.push(...(await scene.woken()));
  } while (await underWay(scene));
  return {
    title: `${filled.toLocaleString('en')} records put into the inventory, of ${repositories.length.toLocaleString('en')} repositories`,
    lines: [
      `filled in ${fillSeconds.toFixed(0)} s`,
      answersLine('pages of the list of registrations', pages),
      answersLine('pages of the count by key', counts.pages),
      answersLine('runs of the cron job', runs),
      `repositories woken per run: ${(wakes.length / runs.length).toFixed(1)}`,
      await runtimeMemoryLine(),
    ],
    figures: [
      exactly('records that the list shows', items.length, before.length + filled),
      exactly('of those, different ones', listed.size, before.length + filled),
      exactly('records that were put in and are not in the list', missing.length, 0),
      exactly('records counted by key', counts.records, before.length + filled),
      exactly('wakes by one walk', wakes.length, repositories.length + 1),
      exactly('repositories that it woke', new Set(wakes).size, repositories.length + 1),
    ],
  };
}

/** With copies of a record of the one repository that has clients. */
async function fill({ worker, repositories, fill: put }: LoadScene): Promise<void> {
  const kv = await worker.kv();
  const [entry] = (await kv.list({ prefix: `registration/${REPOSITORY.id}/` })).keys;
  if (entry === undefined) throw new Error('there is no record to copy');
  const text = String(await kv.get(entry.name));
  for (let from = 0; from < repositories.length; from += PIECE) {
    await put({ repositories: repositories.slice(from, from + PIECE), each: EACH, text, metadata: entry.metadata });
  }
}

type Listed = { readonly items: readonly Item[]; readonly pages: readonly number[] };

async function listAll({ worker }: LoadScene): Promise<Listed> {
  const items: Item[] = [];
  const pages: number[] = [];
  for (let query: string | undefined = ''; query !== undefined; ) {
    const began = performance.now();
    const page: Page = (await worker.operator<Page>('GET', `registrations${query}`)).body;
    pages.push(performance.now() - began);
    items.push(...page.registrations);
    query = page.cursor === undefined ? undefined : `?cursor=${encodeURIComponent(page.cursor)}`;
  }
  return { items, pages };
}

async function countAll({
  worker,
}: LoadScene): Promise<{ readonly records: number; readonly pages: readonly number[] }> {
  let records = 0;
  const pages: number[] = [];
  for (let query: string | undefined = ''; query !== undefined; ) {
    const began = performance.now();
    const page: Counted = (await worker.operator<Counted>('GET', `keys${query}`)).body;
    pages.push(performance.now() - began);
    records += Object.values(page.inventory).reduce((sum, count) => sum + count, 0);
    query = page.cursor === undefined ? undefined : `?cursor=${encodeURIComponent(page.cursor)}`;
  }
  return { records, pages };
}

/** The walk goes on at the next run of the cron job. */
async function underWay({ worker }: LoadScene): Promise<boolean> {
  return (await (await worker.kv()).get('cron/cursor')) !== null;
}
