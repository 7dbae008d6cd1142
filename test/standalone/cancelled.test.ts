import { describe, expect, it } from 'vitest';
import { changeRegistrations } from '../../action/change.ts';
import { readInputs } from '../../action/inputs.ts';
import type { Fetch } from '../../shared/ports/ports.ts';
import type { RegistrationRecord } from '../../shared/record/record.ts';
import { movedClock as movedProcessClock } from '../action/support/moved-clock.ts';
import type { AuthorizationServer } from '../support/authorization-server.ts';
import type { GitHub } from '../support/github/server.ts';
import { authorizationServer } from './support/closing.ts';
import { gitHubFor, type InProcessRun, inProcessRun, movedClock } from './support/in-process.ts';
import { CALLBACK, codesOf, errorsOf, manifest, PUBLISH, readable } from './support/manifests.ts';
import { openRepository } from './support/repository.ts';

const ENVIRONMENT = 'production';
const OWNER = { kind: 'pull_request', number: 5 } as const;
const FOREVER = new Promise<never>(() => {});

type Command = 'rotate' | 'delete';
type Journey = { readonly deed: 'deploy' | 'change' | Command; readonly owned: boolean };

const JOURNEYS: readonly Journey[] = [
  { deed: 'deploy', owned: false },
  { deed: 'deploy', owned: true },
  { deed: 'change', owned: false },
  { deed: 'rotate', owned: false },
  { deed: 'delete', owned: true },
];

/** The network of a process that is killed at its call number `at`: before it is sent, or after the other side acted. */
function killedAt(at: number, acted: boolean): { readonly fetch: Fetch; readonly killed: Promise<'killed'> } {
  let calls = 0;
  let kill: (said: 'killed') => void = () => {};
  const killed = new Promise<'killed'>((resolve) => {
    kill = resolve;
  });
  return {
    killed,
    fetch: async (url, init) => {
      calls += 1;
      if (calls < at) return fetch(url, init);
      if (calls === at && acted) await (await fetch(url, init)).arrayBuffer();
      kill('killed');
      return FOREVER;
    },
  };
}

function command(run: InProcessRun, name: Command) {
  return (async () => {
    const open = await run.session.open(ENVIRONMENT);
    const records = Object.values(open.state.registrations).filter(({ clients }) => clients.length > 0);
    const by = { runId: 2, attempt: 1 };
    const ports = await run.session.ports(open);
    const inputs = readInputs(() => '');
    return changeRegistrations({ command: name, inputs, records, ports, stopping: () => false, run: '2.1', by });
  })();
}

function expectPublishedWorks(as: AuthorizationServer, github: GitHub): void {
  const { FHIR_CLIENT_ID: id } = github.variables();
  if (id === undefined) return;
  expect(as.client(id)?.metadata.client_secret).toBe(github.secrets().FHIR_CLIENT_SECRET);
}

/** Clients that are not the one in use are on a list, and no more than were being asked for when the end came. */
function expectNoStrangers(as: AuthorizationServer, record: RegistrationRecord | undefined): void {
  const known = new Set([...(record?.clients ?? []), ...(record?.orphans ?? [])].map(({ clientId }) => clientId));
  const strangers = as.clients().filter(({ clientId }) => !known.has(clientId));
  expect(strangers.length).toBeLessThanOrEqual(Math.min(1, record?.suspects.length ?? 0));
}

/** Resolves with whether the run lived to be killed, and how the next one ended. */
async function play(as: AuthorizationServer, { deed, owned }: Journey, at: number, acted: boolean) {
  as.reset();
  const clock = movedClock();
  const github = await gitHubFor(clock);
  try {
    const rotate = { client_id: 'may_change' };
    const wish = (metadata: object) => ({
      manifest: manifest(as.fhirBase('r4'), { ...PUBLISH, rotate, metadata }),
      environment: ENVIRONMENT,
      ...(owned && { owner: OWNER }),
    });
    const before = wish({});
    const after = deed === 'change' ? wish({ redirect_uris: [`${CALLBACK}/2`] }) : before;
    if (deed !== 'deploy') await inProcessRun({ github, clock }).apply(before);
    const { fetch, killed } = killedAt(at, acted);
    const dying = inProcessRun({ github, clock, fetch, runId: 2 });
    const run = deed === 'deploy' || deed === 'change' ? dying.apply(after) : command(dying, deed);
    const end = await Promise.race([killed, run.then(() => 'lived' as const)]);
    const published = [github.variables(), github.secrets()];

    const next = inProcessRun({ github, clock, runId: 3 });
    const [report] = deed === 'delete' ? await command(next, deed) : await next.apply(after);
    const code = report?.problem?.code;
    const where = `${deed} killed ${acted ? 'after' : 'before'} call ${at}: ${report?.problem?.message}`;
    const record = (await next.session.open(ENVIRONMENT)).state.registrations[`${ENVIRONMENT}/web`];
    expect([undefined, ...(owned ? [] : ['suspect_found'])], where).toContain(code);
    if (code === 'suspect_found') expect([github.variables(), github.secrets()]).toEqual(published);
    if (deed === 'delete') {
      expect(as.clients(), where).toEqual([]);
      expect(github.secrets(), where).toEqual({});
    } else if (code === undefined) {
      expect(github.variables(), where).toHaveProperty('FHIR_CLIENT_ID');
    }
    expectPublishedWorks(as, github);
    expectNoStrangers(as, record);
    return { end, code };
  } finally {
    await github.close();
  }
}

describe('a run that is killed at any call', { timeout: 90_000 }, () => {
  it.each(JOURNEYS)('in a $deed (owned: $owned): the next one ends well, or says what may be left', async (journey) => {
    const as = await authorizationServer();
    const codes: (string | undefined)[] = [];
    for (const acted of [false, true]) {
      let at = 1;
      for (; ; at += 1) {
        const { end, code } = await play(as, journey, at, acted);
        codes.push(code);
        if (end === 'lived') break;
      }
      expect(at, 'calls of the journey').toBeGreaterThan(8);
    }
    const suspected = codes.filter((code) => code === 'suspect_found').length;
    const posts = journey.deed === 'deploy' || journey.deed === 'rotate';
    expect(suspected > 0, `${suspected} suspects`).toBe(posts && !journey.owned);
    // From the saved intent to the saved answer there are four calls, each with a before and an after.
    expect(suspected).toBeLessThanOrEqual(8);
  });
});

describe.concurrent('a job that is cancelled', () => {
  it.each([
    ['POST', /^\/reg$/u],
    ['PUT', /^\/reg\//u],
  ])('by SIGINT in the middle of a %s to %s: its answer is saved, and the next run goes on', async (method, path) => {
    const [as, repository] = await Promise.all([authorizationServer(), openRepository()]);
    const inputs = { environment: ENVIRONMENT };
    const text = manifest(as.fhirBase('r4'), PUBLISH);
    const changed = manifest(as.fhirBase('r4'), { ...PUBLISH, metadata: { redirect_uris: [`${CALLBACK}/2`] } });
    if (method === 'PUT') await repository.job({ manifest: text, inputs });
    as.interfere({ method, path, do: { kind: 'delay_answer', milliseconds: 400 } });
    const arrived = as.arrival({ method, path });
    const running = await repository.start({ manifest: changed, inputs });
    await arrived;
    running.signal('SIGINT');
    const cancelled = await running.finished;
    expect(cancelled.exitCode, cancelled.log).toBe(1);
    expect(codesOf(cancelled)).toEqual(['cancelled']);
    expect(errorsOf(cancelled)).toContain('the next run goes on from where this one stopped');
    const next = await repository.job({ manifest: changed, inputs });
    expect(next.exitCode, next.log).toBe(0);
    expect(as.clients().map(({ clientId }) => clientId)).toEqual([next.outputs['client-id']]);
    expectPublishedWorks(as, repository.github);
  });

  it('and killed while a registration is asked for: the next run stops, names what to look for, and resolve settles it', async () => {
    const [as, repository] = await Promise.all([authorizationServer(), openRepository()]);
    const inputs = { environment: ENVIRONMENT };
    const job = { manifest: manifest(as.fhirBase('r4'), PUBLISH), inputs, env: movedProcessClock() };
    const release = as.interfere({ method: 'POST', path: '/reg', do: { kind: 'delay_answer', milliseconds: 60_000 } });
    const arrived = as.arrival({ method: 'POST', path: '/reg' });
    const running = await repository.start(job);
    await arrived;
    running.cancel({ untilTermMs: 100, untilKillMs: 100 });
    expect((await running.finished).signal).toBe('SIGKILL');
    release();

    const next = await repository.job(job);
    expect(codesOf(next)).toEqual(['suspect_found']);
    expect(errorsOf(next)).toContain('a client named "App" made within two minutes after');
    expect(readable(next)).toContain('command: resolve, environment: production, clients: web, resolution: forget');
    expect(repository.github.secrets()).toEqual({});
    expect(as.clients()).toHaveLength(1);
    expect(codesOf(await repository.job(job))).toEqual(['suspect_found']);
    expect(as.count({ method: 'POST', path: '/reg' })).toBe(1);

    const [lost] = as.clients();
    const resolve = { ...inputs, command: 'resolve' };
    const without = await repository.job({ inputs: resolve });
    expect(errorsOf(without)).toContain('The input resolution is empty.');
    const adopted = await repository.job({
      inputs: {
        ...resolve,
        resolution: 'adopt',
        'client-id': lost?.clientId ?? '',
        'client-secret': String(lost?.metadata.client_secret),
        'registration-access-token': lost?.registrationAccessToken ?? '',
        'registration-client-uri': `${as.registrationEndpoint}/${lost?.clientId}`,
      },
    });
    expect(adopted.exitCode, adopted.log).toBe(0);
    expectPublishedWorks(as, repository.github);
    expect(repository.github.variables().FHIR_CLIENT_ID).toBe(lost?.clientId);
    expect(codesOf(await repository.job({ inputs: { ...resolve, resolution: 'forget' } }))).toEqual([
      'registration_not_found',
    ]);
    expect((await repository.job(job)).outputs).toMatchObject({ changed: 'false', 'client-id': lost?.clientId });
  });
});
