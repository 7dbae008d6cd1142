import type { HookEvent } from '../../worker/webhooks/delivery.ts';
import type { Fate } from './network.ts';
import { loseAndRestore, nothingMissing } from './restore.ts';
import { isAtRest, isTogether, publishedWorks, watchRules } from './rules.ts';
import { type End, openScene, type Scene, type Settlement } from './scene.ts';
import { type Circumstances, DAY, HOUR, KEYS, type Key, keyOf, nameOf, previewOf } from './wishes.ts';

/** One thing that happens. */
export type Deed =
  | { readonly do: 'step'; readonly index: number; readonly fate: Fate }
  | {
      readonly do: 'apply';
      readonly key: Key;
      readonly variant: number;
      readonly late: number;
      readonly again: boolean;
    }
  | { readonly do: 'rotate'; readonly key: Key; readonly leak: boolean }
  | { readonly do: 'retire'; readonly key: Key; readonly which: 'current' | 'published' | 'old' }
  | { readonly do: 'delete'; readonly key: Key }
  | { readonly do: 'pull request'; readonly is: 'closed' | 'reopened' }
  | { readonly do: 'happens'; readonly what: 'archived' | 'unarchived' | 'teardown' | 'rotation' }
  | { readonly do: 'webhook'; readonly index: number }
  | { readonly do: 'pass'; readonly ms: number; readonly lively: boolean; readonly loses: number }
  | { readonly do: 'evict' }
  | { readonly do: 'clock goes back'; readonly ms: number }
  | { readonly do: 'outage'; readonly of: 'server' | 'github' | 'kv'; readonly is: boolean }
  | { readonly do: 'lose'; readonly behind: readonly number[]; readonly held: boolean }
  | { readonly do: 'operator'; readonly key: Key }
  | { readonly do: 'cron' };

export type Schedule = { readonly circumstances: Circumstances; readonly deeds: readonly Deed[] };

/** How a run may end: done, or in a way that says what is the matter. Anything else is a defect. */
const ENDS = new Set([
  ...['done', 'lost', 'working', 'run_again', 'superseded', 'owner_ended', 'owner_differs', 'registration_not_found'],
  ...[
    'registration_unknown',
    'suspect_found',
    'server_unreachable',
    'server_no_answer',
    'server_error',
    'rate_limited',
  ],
  ...['publish_failed', 'publish_conflict', 'github_failed', 'access_refused', 'credentials_refused'],
  ...['update_unsupported', 'update_interrupts', 'not_confirmable', 'registration_frozen', 'cancelled', 'not_allowed'],
  ...['publish_by_job', 'repository_restored', 'shared_differs', 'shared_unsupported'],
]);

/** How a registration may stand in the end without a person: done, or somebody has to decide. */
const DECISIONS = new Set([
  ...['done', 'suspect_found', 'access_refused', 'update_unsupported', 'update_interrupts'],
  ...['owner_ended', 'publish_conflict', 'credentials_refused', 'shared_differs'],
]);

/** Plays one schedule and checks the rules after each deed, then lets everything come to rest and checks them again. */
export async function play({ circumstances, deeds }: Schedule): Promise<readonly string[]> {
  const scene = openScene(circumstances);
  const missing = nothingMissing();
  const rules = watchRules(scene, missing);
  const ends: string[] = [];
  const faults: string[] = [];
  const events: HookEvent[] = [];
  let runs = 100;
  let closed = false;
  const { owner } = scene;
  const open = owner.kind === 'branch' ? owner.name : owner.number;
  scene.github.open.add(open);

  const isHeldByOther = (key: Key): boolean =>
    scene
      .records()
      .filter((record) => record.key !== keyOf(key, circumstances))
      .some(({ published }) => published.some(({ item }) => `${item.kind} ${item.name}` === nameOf(key)));
  /**
   * Whether a run may find its names taken: only one registration asks for names of others, and may have come first; after
   * a restore a name can be in no record. Of a permanent one a job takes no name back, of a preview none that GitHub says
   * was changed after it was left, as it does while the clock here is behind.
   */
  const mayBeTaken = (key: Key, last: boolean): boolean =>
    missing.names.has(key) ||
    isHeldByOther(key) ||
    (key === 'production/api' && !last) ||
    (circumstances.byJob === true && (key !== 'pr-42/web' || scene.network.behind() > 0));
  const follow = (key: Key, run: Promise<End>): void => {
    run.then(
      ({ code }) => {
        ends.push(code);
        if (!ENDS.has(code) && !(code === 'secret_exists' && mayBeTaken(key, false)))
          faults.push(`a run for ${key} ended with ${code}`);
      },
      (error: unknown) => faults.push(`a run threw ${error}`),
    );
  };
  /** Where jobs publish, a `concurrency` group of the workflow lets one after the other deploy to an environment. */
  const jobs = new Map<Key, Promise<unknown>>();
  let losing = false;
  let wasLost = false;
  const inTurn = (key: Key, run: () => Promise<End>): Promise<End> => {
    if (circumstances.byJob !== true) return run();
    // Nobody deploys while a person looks after an object that lost everything.
    const job = (jobs.get(key) ?? Promise.resolve()).then(() => (losing ? { code: 'lost' } : run()));
    jobs.set(
      key,
      job.catch(() => {}),
    );
    return job;
  };
  const happened = (event: Omit<HookEvent, 'repositoryId' | 'at'>): void => {
    events.push({ repositoryId: '2002', at: scene.network.now(), ...event } as HookEvent);
  };
  const deliver = async (index: number): Promise<void> => {
    const event = events[index % Math.max(1, events.length)];
    if (event === undefined) return;
    await scene.deliver(`github:${index % events.length}`, event);
    if (event.kind === 'owner_ended') rules.ended();
  };

  const apply = ({ key, variant, late, again }: Extract<Deed, { do: 'apply' }>, run: number): void =>
    follow(
      key,
      inTurn(key, () => scene.apply(key, variant, run - late, again ? 2 : 1)),
    );
  const rotate = ({ key, leak }: Extract<Deed, { do: 'rotate' }>, run: number): void =>
    follow(
      key,
      inTurn(key, () => scene.rotate(key, run, leak)),
    );
  const retire = (deed: Extract<Deed, { do: 'retire' }>, run: number): void =>
    follow(
      deed.key,
      inTurn(deed.key, () => scene.retire(deed.key, run, clientNamed(scene, deed))),
    );
  const end = ({ key }: Extract<Deed, { do: 'delete' }>, run: number): void =>
    follow(
      key,
      inTurn(key, () => scene.end(key, run)),
    );

  const act = async (deed: Deed): Promise<void> => {
    switch (deed.do) {
      case 'step':
        await scene.network.step(deed.index, deed.fate);
        return;
      case 'apply':
        runs += 1;
        apply(deed, runs);
        break;
      case 'rotate':
        runs += 1;
        rotate(deed, runs);
        break;
      case 'retire':
        runs += 1;
        retire(deed, runs);
        break;
      case 'delete':
        rules.endAsked(deed.key);
        runs += 1;
        end(deed, runs);
        break;
      case 'pull request':
        closed = deed.is === 'closed';
        if (closed) scene.github.open.delete(open);
        else scene.github.open.add(open);
        happened({ kind: closed ? 'owner_ended' : 'owner_reopened', owner } as never);
        break;
      case 'happens':
        happened(eventOf(deed.what, previewOf(circumstances)));
        break;
      case 'webhook':
        await deliver(deed.index);
        return;
      case 'pass':
        // No outage lasts for weeks.
        if (deed.ms > DAY) scene.network.up();
        await scene.pass(deed.ms, deed.lively || deed.ms > DAY, deed.loses);
        return;
      case 'evict':
        await scene.evict();
        return;
      case 'lose':
        losing = true;
        wasLost = true;
        await loseAndRestore(scene, deed.behind, missing);
        losing = false;
        if (!deed.held) await scene.release();
        return;
      case 'clock goes back':
        scene.network.setBack(deed.ms);
        return;
      case 'outage':
        scene.network.setDown(deed.of, deed.is);
        return;
      case 'operator':
        await settleSuspects(scene, deed.key);
        return;
      case 'cron':
        await scene.wake();
        return;
    }
    await scene.network.settle();
  };

  const checked = async (what: string, work: () => Promise<void>): Promise<void> => {
    try {
      await work();
      rules.check();
      const [fault] = faults;
      if (fault !== undefined) throw new Error(fault);
    } catch (error) {
      const said = scene
        .lines()
        .slice(-Number(process.env.LINES ?? 3))
        .join('\n');
      throw new Error(`${what}: ${error instanceof Error ? error.message : error}\n${said}`, { cause: error });
    }
  };

  if (circumstances.deployed) {
    await checked('the first deploy', async () => {
      for (const key of KEYS) follow(key, scene.apply(key, 0, ++runs));
      await scene.pass(HOUR, true);
    });
  }
  for (const [index, deed] of deeds.entries()) {
    await checked(`deed ${index} (${JSON.stringify(deed)})`, () => act(deed));
  }

  scene.network.up();
  await checked('all webhooks in the end', async () => {
    for (const index of events.keys()) await deliver(index);
    await scene.release();
    await scene.pass(3 * DAY, true);
  });
  await checked('a last deploy', async () => {
    for (const key of KEYS) {
      await settleSuspects(scene, key);
      await scene.pass(HOUR, true);
      const record = scene.record(key);
      if (record === undefined || record.ending !== undefined) continue;
      const run = ++runs;
      const last = inTurn(key, () => scene.apply(key, 0, run));
      follow(key, last);
      await scene.pass(DAY, true);
      const { code } = await last;
      if (!DECISIONS.has(code) && !(code === 'secret_exists' && mayBeTaken(key, true)))
        throw new Error(`the last deploy of ${key} ends with ${code}`);
      isAtRest(scene, key);
      if (code === 'done') publishedWorks(scene, { interrupted: false, credentials: missing.credentials }, [key]);
    }
  });
  await checked('a month later', async () => {
    await scene.pass(35 * DAY, true);
    for (const key of KEYS) isAtRest(scene, key);
    // Elsewhere a person may have to help.
    if (circumstances.shares === true && !wasLost && circumstances.kind === 'plain')
      for (const key of KEYS) isTogether(scene, key);
    const preview = scene.record('pr-42/web');
    if (preview !== undefined && preview.clients.length > 0) throw new Error('rule 4: the preview outlives its time');
    if (preview !== undefined && preview.ending === undefined && scene.isBuried(preview.owner))
      throw new Error('rule 4: the preview does not end with its owner');
    rules.checkBooks();
    if (
      closed &&
      circumstances.byJob !== true &&
      !missing.names.has('pr-42/web') &&
      scene.github.names.has('secret PR_42')
    )
      throw new Error('rule 4: the secret of the preview stays');
  });
  return ends;
}

function clientNamed({ record, github }: Scene, { key, which }: Extract<Deed, { do: 'retire' }>): string {
  const { clients = [] } = record(key) ?? {};
  const role = which === 'old' ? 'retiring' : 'current';
  const text = github.names.get(`secret ${key === 'production/web' ? 'WEB' : 'API'}`);
  if (which === 'published' && text !== undefined) return (JSON.parse(text) as { client_id: string }).client_id;
  return clients.find((client) => client.role === role)?.clientId ?? 'nobody';
}

function eventOf(
  what: Extract<Deed, { do: 'happens' }>['what'],
  environment: string,
): Omit<HookEvent, 'repositoryId' | 'at'> {
  switch (what) {
    case 'archived':
      return { kind: 'repository_archived' };
    case 'unarchived':
      return { kind: 'repository_unarchived' };
    case 'teardown':
      return { kind: 'teardown_asked', environment } as never;
    case 'rotation':
      return { kind: 'rotation_asked', environment, name: 'web' } as never;
  }
}

/** A person looks for what may exist in the server's books, and says what came of it. */
async function settleSuspects(scene: Scene, key: Key): Promise<void> {
  const { record, records, server, network } = scene;
  const [suspect] = record(key)?.suspects ?? [];
  if (suspect === undefined) return;
  const known = new Set(
    records().flatMap(({ clients, orphans }) => [...clients, ...orphans].map((one) => one.clientId)),
  );
  const found = server
    .alive()
    .find(
      ({ clientId, metadata, registeredAt }) =>
        !known.has(clientId) &&
        registeredAt >= suspect.startedAt &&
        String(metadata.client_name).includes(suspect.marker || String(suspect.requested.client_name)),
    );
  const given: Settlement =
    found === undefined
      ? { resolution: 'forget' }
      : {
          resolution: 'adopt',
          given: {
            clientId: found.clientId,
            ...(found.secret !== undefined && { clientSecret: found.secret }),
            ...(scene.circumstances.kind !== 'registers only' && {
              access: {
                registrationClientUri: `https://as.example.org/register/${found.clientId}`,
                registrationAccessToken: found.token,
              },
            }),
          },
        };
  // Other suspects of the same registration are looked at another time.
  if (given.resolution === 'forget' && (record(key)?.suspects.length ?? 0) > 1) return;
  scene.resolve(key, given).catch(() => undefined);
  await network.settle();
}
