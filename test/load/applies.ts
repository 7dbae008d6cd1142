import type { Measured } from '../../bench/figure.ts';
import type { ApplyAnswer, ErrorAnswer } from '../../shared/api/worker-api.ts';
import type { LedgerEntry } from '../../worker/repository/ledger-rows.ts';
import { REPOSITORY } from '../worker/support/issuer.ts';
import { wish } from '../worker/support/worker.ts';
import { alarmsLine, answersLine, bytesText, exactly } from './report.ts';
import { runtimeMemoryLine } from './runtime-memory.ts';
import type { LoadScene } from './scene.ts';

const APPLIES = 500;
/** Every so many-th asks for what the one before it asked for, in the same run: it joins. */
const JOINS = 5;

type Applied = { readonly key: string; readonly clientId: string | undefined; readonly secret: string | undefined };

/** Five hundred applies for one repository, all at once. */
export async function applyAtOnce(scene: LoadScene): Promise<Measured> {
  const { worker, server } = scene;
  const before = new Set(server.clients().map(({ clientId }) => clientId));
  await scene.alarms();
  const answers: number[] = [];
  const waits: number[] = [];
  let toldToRepeat = 0;
  const refused: string[] = [];

  const apply = async (key: string): Promise<Applied> => {
    const began = performance.now();
    for (;;) {
      const sent = performance.now();
      const { status, body } = await worker.send<ApplyAnswer & ErrorAnswer>('PUT', key, { body: wish(server) });
      answers.push(performance.now() - sent);
      if (status === 202) {
        toldToRepeat += 1;
        continue;
      }
      waits.push(performance.now() - began);
      if (status !== 200) refused.push(`${status} ${body.error}`);
      return { key, clientId: body.credentials?.client_id, secret: body.credentials?.client_secret };
    }
  };
  const keys = Array.from({ length: APPLIES }, (_, index) => {
    const joins = index % JOINS === JOINS - 1;
    return `production/web-${joins ? index - 1 : index}`;
  });
  const applied = await Promise.all(keys.map(apply));

  const clients = server.clients().filter(({ clientId }) => !before.has(clientId));
  const secrets = new Map(clients.map(({ clientId, metadata }) => [clientId, metadata.client_secret]));
  const registrations = new Set(keys).size;
  const works = applied.filter(({ clientId = '', secret }) => secret !== undefined && secrets.get(clientId) === secret);
  const perKey = new Set(works.map(({ key, clientId }) => `${key} ${clientId}`));
  const listed = await recordedClients(scene);
  const inLedger = await ledgerClients(scene);
  const inInventory = await inventoryClients(scene, registrations);
  const [books] = await scene.books([REPOSITORY.id]);
  const known = (where: ReadonlySet<string>) => clients.filter(({ clientId }) => where.has(clientId)).length;
  return {
    title: `${APPLIES} applies for one repository at once, ${registrations} registrations`,
    lines: [
      answersLine('answers', answers),
      answersLine('until there were credentials', waits),
      `told to repeat: ${toldToRepeat}; refused: ${refused.length}${refused.length > 0 ? ` (${[...new Set(refused)].join(', ')})` : ''}`,
      alarmsLine(await scene.alarms()),
      `database of the object: ${bytesText(books?.bytes ?? Number.NaN)}`,
      await runtimeMemoryLine(),
    ],
    figures: [
      exactly('applies that got credentials which the server knows', works.length, APPLIES),
      exactly('clients at the server', clients.length, registrations),
      exactly('clients that were handed out, each for one registration', perKey.size, registrations),
      exactly('clients that are in a record', known(listed), registrations),
      exactly('clients that are in the ledger', known(inLedger), registrations),
      exactly('clients that are in the inventory', known(inInventory), registrations),
    ],
  };
}

async function recordedClients({ worker }: LoadScene): Promise<ReadonlySet<string>> {
  const { body } = await worker.operator<{ readonly registrations: readonly { readonly client_id?: string }[] }>(
    'GET',
    `registrations?repository=${REPOSITORY.id}`,
  );
  return new Set(body.registrations.map(({ client_id: clientId = '' }) => clientId));
}

type LedgerAnswer = {
  readonly repositories: readonly { readonly entries: readonly LedgerEntry[]; readonly next?: number }[];
};

async function ledgerClients({ worker }: LoadScene): Promise<ReadonlySet<string>> {
  const found = new Set<string>();
  for (let after: number | undefined = 0; after !== undefined; ) {
    const path: string = `ledger?repository=${REPOSITORY.id}&after=${after}`;
    const { body }: { readonly body: LedgerAnswer } = await worker.operator<LedgerAnswer>('GET', path);
    const [page] = body.repositories;
    for (const { clientId } of page?.entries ?? []) found.add(clientId);
    after = page?.next;
  }
  return found;
}

/** Alarms write the inventory, a piece at a time. */
async function inventoryClients({ worker, booksWhen }: LoadScene, wanted: number): Promise<ReadonlySet<string>> {
  await booksWhen([REPOSITORY.id], ({ alarmAt }) => alarmAt === null || alarmAt > Date.now() + 3_600_000);
  const kv = await worker.kv();
  const { keys } = await kv.list({ prefix: `registration/${REPOSITORY.id}/` });
  if (keys.length > wanted) throw new Error(`the inventory has ${keys.length} registrations of ${wanted}`);
  return new Set(keys.map(({ metadata }) => String((metadata as { client_id?: string } | undefined)?.client_id)));
}
