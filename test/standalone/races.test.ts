import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { changeRegistrations } from '../../action/change.ts';
import { readInputs } from '../../action/inputs.ts';
import type { ClientReport } from '../../action/report.ts';
import type { RegistrationRecord } from '../../shared/record/record.ts';
import type { AuthorizationServer } from '../support/authorization-server.ts';
import type { GitHub } from '../support/github/server.ts';
import { SEED } from '../support/seed.ts';
import { callByCall, type Fate } from './support/call-by-call.ts';
import { authorizationServer } from './support/closing.ts';
import { gitHubFor, type InProcessRun, inProcessRun } from './support/in-process.ts';
import { CALLBACK, manifest, PUBLISH } from './support/manifests.ts';

const START = Date.UTC(2026, 10, 25);
const ENVIRONMENT = 'production';
const OWNER = { kind: 'pull_request', number: 5 } as const;
const PLAIN = { ...PUBLISH, rotate: { client_id: 'may_change' } };

type Deed = 'deploy' | 'change' | 'rotate' | 'delete';

async function act(run: InProcessRun, deed: Deed, wish: Parameters<InProcessRun['apply']>[0], by: number) {
  if (deed === 'deploy' || deed === 'change') return run.apply(wish);
  const open = await run.session.open(ENVIRONMENT);
  return changeRegistrations({
    command: deed,
    inputs: readInputs(() => ''),
    records: Object.values(open.state.registrations).filter(({ clients }) => clients.length > 0),
    ports: await run.session.ports(open),
    stopping: () => false,
    run: `${by}.1`,
    by: { runId: by, attempt: 1 },
  });
}

/** Every client is accounted for, can be managed, and what is published is of one that works. */
function expectGoodBooks(as: AuthorizationServer, github: GitHub, record: RegistrationRecord | undefined): void {
  const known = new Map((record?.clients ?? []).map((client) => [client.clientId, client]));
  const orphans = new Set((record?.orphans ?? []).map(({ clientId }) => clientId));
  const strangers = as.clients().filter(({ clientId }) => !known.has(clientId) && !orphans.has(clientId));
  const suspects = (record?.suspects.length ?? 0) + (record?.intent === undefined ? 0 : 1);
  expect(strangers.length, 'clients that nobody knows of').toBeLessThanOrEqual(suspects);
  for (const { clientId, registrationAccessToken } of as.clients()) {
    const client = known.get(clientId);
    // Where the answer to an update was lost, the token in it was lost too, and that is known.
    const unsure =
      client?.uncertain === true || client?.accessSeen === 'refused' || record?.call?.clientId === clientId;
    if (client !== undefined && !unsure) {
      expect(client.access?.registrationAccessToken).toBe(registrationAccessToken);
    }
  }
  const { FHIR_CLIENT_ID: id } = github.variables();
  if (id === undefined) return;
  const published = as.client(id);
  expect(published, 'what is published exists').toBeDefined();
  expect(github.secrets().FHIR_CLIENT_SECRET).toBe(published?.metadata.client_secret);
}

const codeOf = (reports: readonly ClientReport[]) => reports.map(({ problem }) => problem?.code ?? 'done');

type Schedule = readonly { readonly index: number; readonly fate: Fate; readonly stale: boolean }[];

const schedule = (faulty: boolean) =>
  fc.array(
    fc.record({
      index: fc.nat(1),
      fate: faulty
        ? fc.oneof(
            { weight: 14, arbitrary: fc.constant('answered' as const) },
            { weight: 1, arbitrary: fc.constantFrom('lost' as const, 'cut' as const) },
          )
        : fc.constant('answered' as const),
      stale: faulty ? fc.nat(12).map((one) => one === 0) : fc.constant(false),
    }),
    { minLength: 60, maxLength: 60 },
  );

async function play(as: AuthorizationServer, deeds: readonly [Deed, Deed], steps: Schedule, owned: boolean) {
  as.reset();
  const turns = callByCall(START);
  const clock = turns.clockOf('nobody');
  const github = await gitHubFor(clock);
  try {
    const wish = (more: object) => ({
      manifest: manifest(as.fhirBase('r4'), { ...PLAIN, ...more }),
      environment: ENVIRONMENT,
      ...(owned && { owner: OWNER }),
    });
    const changed = wish({ metadata: { redirect_uris: [`${CALLBACK}/2`] } });
    const begun = deeds.every((deed) => deed === 'deploy')
      ? []
      : await inProcessRun({ github, clock: still(clock) }).apply(wish({}));
    expect(begun.every(({ problem }) => problem === undefined)).toBe(true);
    const runs = deeds.map((deed, index) => {
      const name = String(index);
      const run = inProcessRun({ github, clock: turns.clockOf(name), fetch: turns.fetchOf(name), runId: 10 + index });
      return act(run, deed, deed === 'change' ? changed : wish({}), 10 + index);
    });
    const ends = runs.map((run) => run.then(codeOf, (error: { readonly code: string }) => [error.code]));
    let step = 0;
    await turns.drive(Object.fromEntries(ends.map((end, index) => [String(index), end])), () => {
      const { index = 0, fate = 'answered', stale = false } = steps[step % steps.length] ?? {};
      step += 1;
      if (stale) github.staleReads({ template: '/git/ref/{+ref}', times: 2 });
      return { index, fate: step > steps.length ? 'answered' : fate };
    });
    github.clearFaults();
    const final = inProcessRun({ github, clock: still(clock), runId: 99 });
    const record = async () => (await final.session.open(ENVIRONMENT)).state.registrations[`${ENVIRONMENT}/web`];
    expectGoodBooks(as, github, await record());
    const last = await final.apply(wish({}));
    expectGoodBooks(as, github, await record());
    return {
      ends: (await Promise.all(ends)).flat(),
      last: codeOf(last),
      clients: as.clients().length,
      record: await record(),
    };
  } finally {
    await github.close();
  }
}

/** The same time, for a run that nobody runs beside. */
const still = (clock: { readonly now: () => number }) => {
  let slept = 0;
  return {
    now: () => clock.now() + slept,
    sleep: async (ms: number, signal?: AbortSignal) => {
      if (signal !== undefined)
        return new Promise<void>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
      slept += ms;
    },
  };
};

const PAIRS: readonly (readonly [Deed, Deed])[] = [
  ['deploy', 'deploy'],
  ['change', 'deploy'],
  ['change', 'rotate'],
  ['rotate', 'rotate'],
  ['delete', 'change'],
];

describe('two runs at once, call by call', { timeout: 80_000 }, () => {
  it.each(PAIRS)('%s beside %s: no second client, no lost token, and only ever told to run again', async (...deeds) => {
    const as = await authorizationServer();
    const seen = new Set<string>();
    await fc.assert(
      fc.asyncProperty(schedule(false), fc.boolean(), async (steps, owned) => {
        const { ends, last, clients, record } = await play(as, deeds, steps, owned);
        expect(['done', 'run_again', 'superseded']).toEqual(expect.arrayContaining([...new Set(ends)]));
        expect(ends).toContain('done');
        expect(last).toEqual(['done']);
        const made = deeds.includes('rotate') ? record?.clients.length : 1;
        expect(clients).toBe(made);
        for (const end of ends) seen.add(end);
      }),
      { numRuns: 8, seed: SEED },
    );
    if (deeds[0] === deeds[1]) expect(seen).toContain('run_again');
  });

  it('with stale reads and lost answers too: what is unknown is a suspect, and nothing published breaks', async () => {
    const as = await authorizationServer();
    const seen = new Set<string>();
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...PAIRS), schedule(true), fc.boolean(), async (deeds, steps, owned) => {
        const { last, clients, record } = await play(as, [deeds[0], deeds[1]], steps, owned);
        for (const end of last) seen.add(end);
        expect(['done', 'suspect_found', 'access_refused']).toEqual(expect.arrayContaining([...last]));
        if (last.includes('suspect_found')) expect(record?.suspects.length).toBeGreaterThan(0);
        expect(clients).toBeLessThanOrEqual((record?.clients.length ?? 0) + (record?.suspects.length ?? 0));
      }),
      { numRuns: 25, seed: SEED },
    );
    expect(seen).toContain('done');
  });
});
