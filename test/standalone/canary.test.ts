import { describe, expect, it } from 'vitest';
import { createMasks } from '../support/masks.ts';
import type { OddServer } from '../support/odd-server.ts';
import type { Run } from '../support/run-action.ts';
import { oddServer } from './support/closing.ts';
import { CALLBACK, codesOf, manifest, PUBLISH } from './support/manifests.ts';
import { type Job, openRepository, pullRequest, type Repository, SCHEDULE } from './support/repository.ts';

/** Secrets and tokens of the server, tokens for GitHub, and what people give. */
const CANARY = /odd-(?:secret|token)-[0-9a-f]{32}|\w*canary\w*|BEGIN PRIVATE KEY/gu;
/** Where credentials are meant to go: to the next steps, and never on to other jobs. */
const CREDENTIALS = new Set(['client-secret', 'private-key']);
const PRODUCTION = { environment: 'production' };
const DEBUG = { RUNNER_DEBUG: '1' };

function expectNoSecret(run: Run, repository: Repository, as: OddServer): void {
  const outputs = Object.entries(run.outputs).filter(([name]) => !CREDENTIALS.has(name));
  const places: Readonly<Record<string, string>> = {
    stdout: run.stdout.replace(/^::add-mask::.*$/gmu, ''),
    stderr: run.stderr,
    log: run.log,
    summary: run.summary,
    annotations: JSON.stringify(run.annotations),
    outputs: JSON.stringify(outputs),
    state: JSON.stringify(run.state),
    arguments: run.argv.join(' '),
    variables: createMasks(run.masks).apply(JSON.stringify(run.env)),
    'refs, commits, variables and names at GitHub': repository.github.publicText(),
    'addresses at GitHub': repository.github.calls.map(({ path }) => path).join('\n'),
    'addresses at the server': as.requests.map(({ path }) => path).join('\n'),
  };
  for (const [place, text] of Object.entries(places)) {
    expect(text.match(CANARY) ?? [], place).toEqual([]);
    expect(text.includes(repository.key), place).toBe(false);
  }
  const { secrets } = repository.github;
  for (const secret of Object.values(secrets())) {
    const given = run.stdout.split('\n').find((line) => line.includes(secret) && secret.length > 8);
    if (given !== undefined) expect(given).toMatch(/^::add-mask::/u);
  }
}

describe.concurrent('a canary is seen nowhere', () => {
  const play = async (as: OddServer, jobs: (repository: Repository) => AsyncGenerator<Job, void, Run>) => {
    const repository = await openRepository();
    const runs = jobs(repository);
    let step = await runs.next();
    while (step.done !== true) {
      const run = await repository.job({ env: DEBUG, ...step.value });
      expectNoSecret(run, repository, as);
      step = await runs.next(run);
    }
  };

  it('in the life of a production client', async () => {
    const as = await oddServer({ replaceTokenOn: 'both' });
    const more = { ...PUBLISH, rotate: { client_id: 'may_change' } };
    const changed = { ...more, metadata: { redirect_uris: [`${CALLBACK}/2`] } };
    await play(as, async function* () {
      const exported = { ...PRODUCTION, 'export-env': 'true' };
      const first = yield { manifest: manifest(as.fhirBase, more), inputs: exported };
      expect(first.exitCode, first.log).toBe(0);
      expect(first.masks).toEqual(expect.arrayContaining([first.outputs['client-secret']]));
      yield { manifest: manifest(as.fhirBase, changed), inputs: { ...exported, command: 'plan' } };
      yield { manifest: manifest(as.fhirBase, changed), inputs: exported };
      const rotated = yield { inputs: { ...PRODUCTION, command: 'rotate' } };
      expect(rotated.exitCode, rotated.log).toBe(0);
      const id = rotated.outputs['client-id'] ?? '';
      yield { inputs: { ...PRODUCTION, command: 'retire', 'client-id': 'wrong' } };
      yield { inputs: { ...PRODUCTION, command: 'retire', 'client-id': id } };
      yield { inputs: { ...PRODUCTION, command: 'rotate', now: 'true' } };
      const deleted = yield { inputs: { ...PRODUCTION, command: 'delete' } };
      expect(deleted.exitCode, deleted.log).toBe(0);
      expect(as.clients()).toEqual([]);
    });
  });

  it('when clients are handed over, left behind or not to be found', async () => {
    const as = await oddServer({ missing: { methods: ['DELETE', 'PUT'], status: 405 } });
    const given = {
      'client-id': 'by-hand',
      'client-secret': 'secret_canary_by_hand',
      'registration-access-token': 'token_canary_by_hand',
      'registration-client-uri': `${as.registrationEndpoint}/by-hand`,
    };
    await play(as, async function* (repository) {
      const text = manifest(as.fhirBase, PUBLISH);
      const adopt = { ...PRODUCTION, command: 'adopt', ...given };
      yield { manifest: text, inputs: adopt };
      yield { manifest: text, inputs: { ...adopt, 'registration-client-uri': 'https://elsewhere.example.org/x' } };
      as.behave({ registrationBody: 'cut_off', missing: { methods: ['DELETE', 'PUT'], status: 405 } });
      const lost = yield { manifest: text, inputs: { environment: 'lost' } };
      expect(codesOf(lost)).toEqual(['registration_unknown']);
      yield { inputs: { environment: 'lost', command: 'resolve', resolution: 'adopt', ...given } };
      as.behave({ missing: { methods: ['DELETE', 'PUT'], status: 405 } });
      yield { event: pullRequest(3), manifest: manifest(as.fhirBase) };
      repository.github.pull({ number: 3, state: 'closed', head: { ref: 'feature', sha: 'a'.repeat(40) } });
      const swept = yield { event: SCHEDULE, inputs: { command: 'sweep' } };
      expect(swept.log).toContain('stays at the server and cannot be deleted by us');
      yield { manifest: text, inputs: { ...PRODUCTION, 'state-key': 'nonsense_canary' } };
      const echoing = { status: 400, error: 'invalid_client_metadata', description: 'no: token_canary_by_hand' };
      as.behave({ refuseRegistration: echoing });
      yield { manifest: text, inputs: { environment: 'refused', 'initial-access-token': 'token_canary_by_hand' } };
    });
  });

  it('of clients with a key', async () => {
    const as = await oddServer();
    const text = JSON.stringify({
      version: 1,
      clients: {
        job: {
          server: as.fhirBase,
          type: 'backend',
          metadata: { client_name: 'Job', scope: 'system/*.rs' },
          publish: { github: { secrets: { private_key: 'JOB_KEY' }, variables: { key_id: 'JOB_KEY_ID' } } },
        },
      },
    });
    await play(as, async function* (repository) {
      const first = yield { manifest: text, inputs: PRODUCTION };
      expect(first.exitCode, first.log).toBe(0);
      expect(repository.github.secrets().JOB_KEY).toContain('BEGIN PRIVATE KEY');
      yield { manifest: text, inputs: PRODUCTION };
      yield { inputs: { ...PRODUCTION, command: 'delete' } };
    });
  });
});
