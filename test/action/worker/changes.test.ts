import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { codesOf, type Step } from '../support/built-action.ts';
import { type FakeWorker, startFakeWorker } from './support/fake-worker.ts';
import { MANIFEST, mainThrough } from './support/through-worker.ts';

let worker: FakeWorker;

beforeEach(async () => {
  worker = await startFakeWorker();
});

afterEach(() => worker.close());

const API =
  '  api:\n    server: https://fhir.example.org/r4\n    type: public\n    metadata:\n      client_name: Api\n      redirect_uris: [https://app.example.org/api]\n';
const command = (name: string, { inputs, ...step }: Step = {}) =>
  mainThrough(worker, { ...step, inputs: { command: name, ...inputs } });
const paths = () => worker.asked.map(({ method, path, status }) => `${method} ${path} ${status}`);

describe('rotate', () => {
  it('makes new credentials beside the old ones and hands them out', async () => {
    await mainThrough(worker);
    worker.asked.splice(0);
    const run = await command('rotate');
    expect(run.outputs).toMatchObject({ 'client-id': 'client-2', changed: 'true' });
    expect(worker.asked.map(({ body }) => body)[0]).toEqual({});
    expect(paths()).toEqual(['POST /v1/registrations/pr-42/web/rotate 200', 'PUT /v1/registrations/pr-42/web 200']);
    expect(run.summary).toContain('command: retire');
  });

  it('drops the old ones at once when they leaked', async () => {
    await mainThrough(worker);
    const run = await command('rotate', { inputs: { now: 'true' } });
    expect(worker.asked[1]?.body).toEqual({ now: true });
    expect(run.log).toContain('client client-1 is gone');
  });

  it('needs no manifest, and then hands nothing out', async () => {
    await mainThrough(worker);
    worker.asked.splice(0);
    const run = await command('rotate', { inputs: { clients: 'web' }, manifest: undefined as unknown as string });
    expect(codesOf(run)).toEqual([]);
    expect(paths()).toEqual(['POST /v1/registrations/pr-42/web/rotate 200']);
    expect(run.outputs['client-secret']).toBeUndefined();
  });

  it('fails for what is not there', async () => {
    expect(codesOf(await command('rotate'))).toEqual(['registration_not_found']);
  });
});

describe('retire', () => {
  it('ends the old client once the app uses the new one', async () => {
    await mainThrough(worker);
    await command('rotate');
    const run = await command('retire', { inputs: { 'client-id': 'client-2' } });
    expect(codesOf(run)).toEqual([]);
    expect(worker.asked.at(-1)?.body).toEqual({ client_id: 'client-2' });
    expect(run.log).toContain('client client-1 is gone');
    expect(run.outputs['client-id']).toBe('client-2');
  });

  it('needs no URL of the deploy, as the command that a rotation names has none', async () => {
    const manifest = MANIFEST.replace('https://app.example.org', '"${url}').replace('callback', 'callback"');
    const url = 'https://app.example.org';
    await mainThrough(worker, { manifest, inputs: { url } });
    await command('rotate', { manifest, inputs: { url } });
    const run = await command('retire', { manifest, inputs: { clients: 'web', 'client-id': 'client-2' } });
    expect(codesOf(run)).toEqual([]);
    expect(run.log).toContain('client client-1 is gone');
  });

  it('names the key too where keys are rotated, and says which of them wait', async () => {
    const clientId = 'client-1';
    const events = [
      { kind: 'key_made', clientId, keyId: 'key-2' },
      { kind: 'key_tried', clientId, keyId: 'key-2', outcome: 'refused', reason: 'answered invalid_client' },
      { kind: 'key_tried', clientId, keyId: 'key-2', outcome: 'unknown', reason: 'answered 400' },
      { kind: 'key_tried', clientId, keyId: 'key-2', outcome: 'works', reason: 'issued a token' },
      { kind: 'key_in_use', clientId, keyId: 'key-2' },
      { kind: 'key_dropped', clientId, keyId: 'key-0', reason: 'its overlap is over' },
    ];
    const registration = {
      environment: 'pr-42',
      name: 'web',
      server: 'https://fhir.example.org/r4',
      status: 'active',
      client_id: clientId,
      key_id: 'key-2',
      retiring: [],
      retiring_keys: ['key-1'],
      suspects: [],
      orphans: [],
      published: [],
    };
    let sent = '';
    worker.next.push(({ method, path }) => {
      sent = `${method} ${path}`;
      return { status: 200, body: { api: 1, registration, events } };
    });
    const run = await command('retire', { inputs: { 'client-id': clientId, 'key-id': 'key-2' } });
    expect(sent).toBe('POST /v1/registrations/pr-42/web/retire');
    expect(worker.asked.at(-1)?.body).toEqual({ client_id: clientId, key_id: 'key-2' });
    for (const line of [
      'made key key-2 for client client-1, beside the one in use',
      'key key-2 of client client-1 is not accepted yet: answered invalid_client; the one in use stays',
      'key key-2 of client client-1 could not be tried: answered 400; the one in use stays',
      'key key-2 of client client-1 works: issued a token',
      'key key-2 is now the one of client client-1',
      'key key-0 of client client-1 is no longer hosted: its overlap is over',
    ]) {
      expect(run.log).toContain(line);
    }
    expect(run.summary).toContain('the old key <code>key-1</code> still works');
    expect(run.summary).toContain('<code>key-id: key-2</code>');
  });

  it('is refused for a client that is not in use', async () => {
    await mainThrough(worker);
    expect(codesOf(await command('retire', { inputs: { 'client-id': 'client-9' } }))).toEqual(['not_confirmable']);
  });

  it('is about one client that is named', async () => {
    expect(codesOf(await command('retire'))).toEqual(['input_invalid']);
    const two = { manifest: MANIFEST + API, inputs: { 'client-id': 'client-1' } };
    expect(codesOf(await command('retire', two))).toEqual(['input_invalid']);
    expect(worker.asked).toEqual([]);
  });
});

describe('delete', () => {
  it('ends what the manifest has, as far as it is there', async () => {
    await mainThrough(worker);
    const run = await command('delete', { manifest: MANIFEST + API });
    expect(codesOf(run)).toEqual([]);
    expect(run.outputs.changed).toBe('true');
    expect(run.outputs['client-id']).toBeUndefined();
    expect(worker.registrations.get('pr-42/web')?.ended).toBe(true);
  });

  it('ends one that the manifest no longer has, by its name', async () => {
    await mainThrough(worker, { manifest: MANIFEST + API });
    const run = await command('delete', { inputs: { clients: 'api' } });
    expect(codesOf(run)).toEqual([]);
    expect([...worker.registrations].map(([key, { ended }]) => [key, ended])).toEqual(
      expect.arrayContaining([
        ['pr-42/api', true],
        ['pr-42/web', false],
      ]),
    );
  });

  it('needs no values for the templates of what it is about, such as a client that previews share', async () => {
    const manifest = MANIFEST.replace('https://app.example.org', '"${url}').replace('callback', 'callback"');
    const inputs = { clients: 'web', environment: 'shared/previews/pr-*', 'pull-request': '' };
    const run = await command('delete', { manifest, inputs });
    expect(codesOf(run)).toEqual(['registration_not_found']);
    expect(paths()).toEqual(['DELETE /v1/registrations/shared%2Fpreviews%2Fpr-*/web 404']);
    expect(codesOf(await command('delete', { manifest, inputs: { ...inputs, clients: '' } }))).toEqual([
      'template_invalid',
    ]);
  });

  it('fails for a name that is not there', async () => {
    expect(codesOf(await command('delete', { inputs: { clients: 'api' } }))).toEqual(['registration_not_found']);
  });
});

describe('plan', () => {
  it('says what is there and what would be made, and changes nothing', async () => {
    await mainThrough(worker);
    worker.asked.splice(0);
    const run = await command('plan', { manifest: MANIFEST + API });
    expect(run.log).toContain('web: is there (active): client client-1');
    expect(run.log).toContain('api: would be registered');
    expect(worker.asked.map(({ method }) => method)).toEqual(['GET', 'GET']);
    expect(run.outputs['client-secret']).toBeUndefined();
    expect(run.summary).toContain('client-1');
  });

  it('fails where the run may not look', async () => {
    worker.next.push(() => ({ status: 403, body: { api: 1, error: 'not_allowed', message: 'No.', hint: 'Ask.' } }));
    expect(codesOf(await command('plan'))).toEqual(['not_allowed']);
  });
});
