import type { RegistrationRecord } from '../../shared/record/record.ts';
import { movedClock } from '../action/support/moved-clock.ts';
import { openRepository, pullRequest, pushToMain, type Repository } from '../demo/repository.ts';
import type { Story } from '../demo/story.ts';
import type { Interference } from '../support/interference.ts';
import { manifest } from './manifest.ts';
import type { HeldClient, RunningServer } from './server.ts';

/** What became of the clients of a server whose answers were spoiled. */
export type FaultFigures = {
  /** Answers that were spoiled, each with the runs that followed. */
  readonly faults: number;
  readonly clientsMade: number;
  readonly leftAtServer: number;
  readonly inRecords: number;
  readonly suspected: number;
  /** Has to be none. */
  readonly unaccounted: number;
};

/** What is not spoiled has to be faster, on a busy machine too. */
const LIMIT_MS = 3_000;
/** By then the time limit of every call has passed, as it is remembered. */
const LATER_MS = 600_000;
const FAULTS: readonly (readonly [name: string, fault: Interference])[] = [
  ['no answer', { kind: 'lose_answer' }],
  ['half an answer', { kind: 'cut_answer' }],
  ['500 after acting', { kind: 'replace_answer', status: 500, body: 'spoiled' }],
  ['an answer after the time limit', { kind: 'delay_answer', milliseconds: LIMIT_MS + 500 }],
];
const METHODS = ['POST', 'PUT', 'DELETE'] as const;
const OWNERS = ['permanent', 'preview'] as const;
const PREVIEW = 42;

/** One answer to spoil. */
export type Spoiling = {
  readonly name: string;
  readonly fault: Interference;
  readonly method: (typeof METHODS)[number];
  readonly owner: (typeof OWNERS)[number];
};

const SPOILINGS: readonly Spoiling[] = FAULTS.flatMap(([name, fault]) =>
  METHODS.flatMap((method) =>
    // Of an update and a deletion it makes no difference what they die with.
    (method === 'POST' ? OWNERS : OWNERS.slice(0, 1)).map((owner) => ({ name, fault, method, owner })),
  ),
);

/** Spoils the answer to a registration, an update and a deletion after the server acted, and lets runs follow. */
export async function spoilAnswers(
  server: RunningServer,
  story: Story,
  spoilings: readonly Spoiling[] = SPOILINGS,
): Promise<FaultFigures> {
  const total = { faults: 0, clientsMade: 0, leftAtServer: 0, inRecords: 0, suspected: 0, unaccounted: 0 };
  for (const spoiling of spoilings) {
    const { figures, prepared } = await spoil(server, spoiling);
    const { faults, unaccounted, leftAtServer, inRecords, suspected } = figures;
    const { owner, method, name } = spoiling;
    story.check(
      `${owner}, ${method}, ${name}: ${leftAtServer} left, ${inRecords} of them in records, ${suspected} suspected`,
      { prepared, spoiled: faults, unaccounted },
      { prepared: true, spoiled: 1, unaccounted: 0 },
    );
    for (const key of Object.keys(figures) as (keyof FaultFigures)[]) total[key] += figures[key];
  }
  return total;
}

type Spoiled = {
  readonly figures: FaultFigures;
  /** The deploy whose client is updated or deleted has succeeded. */
  readonly prepared: boolean;
};

async function spoil(server: RunningServer, spoiling: Spoiling): Promise<Spoiled> {
  const repository = await openRepository();
  try {
    return await spoilOne({ server, repository }, spoiling);
  } finally {
    await repository.close();
  }
}

async function spoilOne(
  { server, repository }: { readonly server: RunningServer; readonly repository: Repository },
  { method, fault, owner }: Spoiling,
): Promise<Spoiled> {
  const before = new Set((await server.clients()).map(({ clientId }) => clientId));
  const environment = owner === 'permanent' ? 'production' : `pr-${PREVIEW}`;
  const job = async (inputs: Readonly<Record<string, string>> = {}, aheadMs = 0) =>
    repository.job({
      event: owner === 'permanent' ? pushToMain : pullRequest(PREVIEW),
      inputs: {
        ...(owner === 'permanent' && { environment }),
        ...(inputs.command === undefined && { url: 'https://app.example.org' }),
        ...inputs,
      },
      env: movedClock({ timeLimitMs: LIMIT_MS, aheadMs }),
    });
  const change = async () => repository.write(manifest(server, '/signed-in'));
  await repository.write(manifest(server, '/callback'));

  const prepared = method === 'POST' || (await job()).exitCode === 0;
  if (method === 'PUT') await change();
  const inputs = method === 'DELETE' ? { command: 'delete' } : {};
  const interfering = server.traffic.interfere({ method, path: pathsOf(method), times: 1, do: fault });
  await job(inputs);
  interfering();
  await job(inputs);
  await job(inputs, LATER_MS);

  const records = await repository.remembered(environment);
  const held = (await server.clients()).filter(({ clientId }) => !before.has(clientId));
  return { figures: { faults: interfering.hits(), ...account(held, records) }, prepared };
}

/** The token endpoint is asked with POST as well. */
function pathsOf(method: string): RegExp {
  return method === 'POST' ? /reg/u : /./u;
}

/**
 * Each client at the server has to be in a record, or be the one that a suspect is about. An intent that is remembered
 * still is a suspect from the next run on.
 */
function account(held: readonly HeldClient[], records: readonly RegistrationRecord[]): Omit<FaultFigures, 'faults'> {
  const known = new Set(
    records.flatMap(({ clients, orphans }) => [...clients, ...orphans].map(({ clientId }) => clientId)),
  );
  const suspects = records.flatMap(({ suspects, intent }) => [...suspects, ...(intent === undefined ? [] : [intent])]);
  const open = [...suspects];
  const unaccounted = held.filter(({ clientId, name }) => {
    if (known.has(clientId)) return false;
    const at = open.findIndex(({ marker, requested }) =>
      marker === '' ? name === requested.client_name : name.includes(marker),
    );
    if (at === -1) return true;
    open.splice(at, 1);
    return false;
  });
  return {
    clientsMade: records.flatMap(({ ledger }) => ledger).length + suspects.length,
    leftAtServer: held.length,
    inRecords: held.filter(({ clientId }) => known.has(clientId)).length,
    suspected: suspects.length,
    unaccounted: unaccounted.length,
  };
}
