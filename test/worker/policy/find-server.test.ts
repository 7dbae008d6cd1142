import { describe, expect, test } from 'vitest';
import type { ServerReference } from '../../../shared/manifest/desired.ts';
import type { ServerRecord } from '../../../shared/record/record.ts';
import { entryOfRecord, findServer } from '../../../worker/policy/find-server.ts';
import { entriesWith, REFERENCE } from './sample-desired.ts';

const US = { repositoryId: '2002', ownerId: '1001' };
const A = { name: 'a', server: ['https://fhir.example.org/r4', 'https://as.example.org/'] };
const B = {
  name: 'b',
  server: undefined,
  registration_endpoint: 'https://b.example/register',
  token_endpoint: 'https://b.example/token',
};
const C = { name: 'c', server: 'https://c.example', registration_endpoint: 'https://c.example/register' };

async function find(
  reference: Partial<ServerReference>,
  changes: readonly object[] = [A, B, C],
  repository = US,
): Promise<string> {
  const { address: _, ...rest } = REFERENCE;
  return findServer(await entriesWith(...changes), { ...rest, ...reference }, repository).name;
}

test.each<[Partial<ServerReference>, string]>([
  [{ address: 'https://fhir.example.org/r4' }, 'a'],
  [{ address: 'https://fhir.example.org/r4/' }, 'a'],
  [{ address: 'https://FHIR.example.org:443/r4' }, 'a'],
  [{ address: 'https://as.example.org' }, 'a'],
  [{ registrationEndpoint: 'https://b.example/register' }, 'b'],
  [{ registrationEndpoint: 'https://c.example/register', issuer: 'https://evil.example' }, 'c'],
  [{ address: 'https://c.example', registrationEndpoint: 'https://evil.example/register' }, 'c'],
])('%j is known', async (reference, name) => {
  expect(await find(reference)).toBe(name);
});

test.each<[Partial<ServerReference>, string]>([
  [{ address: 'https://evil.example/r4' }, 'https://evil.example/r4'],
  [{ address: 'http://fhir.example.org/r4' }, 'http://fhir.example.org/r4'],
  [{ address: 'https://fhir.example.org:8443/r4' }, 'https://fhir.example.org:8443/r4'],
  [{ address: 'https://fhir.example.org/r4/x' }, 'https://fhir.example.org/r4/x'],
  [{ address: 'https://fhir.example.org/R4' }, 'https://fhir.example.org/R4'],
  [{ address: 'https://fhir.example.org/r4?x=1' }, 'https://fhir.example.org/r4'],
  [{ address: 'https://fhir.example.org/r4#x' }, 'https://fhir.example.org/r4'],
  [{ address: 'https://fhir.example.org./r4' }, 'https://fhir.example.org./r4'],
  [{ address: 'https://fhir.example.org@evil.example/r4' }, 'https://evil.example/r4'],
  [{ address: 'https://user@fhir.example.org/r4' }, 'https://fhir.example.org/r4'],
  [{ address: 'https://fhir.example.org.evil.example/r4' }, 'https://fhir.example.org.evil.example/r4'],
  [{ address: 'no address' }, 'no address'],
  [{ address: 'https://b.example/register' }, 'https://b.example/register'],
  [{ address: 'https://evil.example', registrationEndpoint: 'https://b.example/register' }, 'https://evil.example/'],
  [{ registrationEndpoint: 'https://b.example/register2' }, 'https://b.example/register2'],
  [{ registrationEndpoint: 'register' }, 'register'],
  [{ issuer: 'https://as.example.org' }, ''],
])('%j is not', async (reference, shown) => {
  await expect(find(reference)).rejects.toMatchObject({
    code: 'policy_refused',
    message: `${shown} is not a server that this repository may use, so nothing was sent to it.`,
    server: shown,
  });
});

test('without servers nothing is known', async () => {
  await expect(find({ address: 'https://fhir.example.org/r4' }, [])).rejects.toMatchObject({ code: 'policy_refused' });
});

describe('entries that are not for everybody', () => {
  const address = 'https://fhir.example.org/r4';
  const entries = [
    { name: 'one', only: { repositories: [2002] } },
    { name: 'two', only: { owners: [1001], repositories: [3] } },
  ];

  test.each<[string, string, string]>([
    ['2002', '1001', 'one'],
    ['2002', '9', 'one'],
    ['7', '1001', 'two'],
    ['3', '9', 'two'],
  ])('repository %s of owner %s has %s', async (repositoryId, ownerId, name) => {
    expect(await find({ address }, entries, { repositoryId, ownerId })).toBe(name);
  });

  test('a repository that none is for has none', async () => {
    await expect(find({ address }, entries, { repositoryId: '7', ownerId: '9' })).rejects.toMatchObject({
      code: 'policy_refused',
    });
    await expect(find({ address }, [{ only: { owners: [], repositories: [] } }])).rejects.toMatchObject({
      code: 'policy_refused',
    });
  });
});

describe('for clients that were registered before', () => {
  const record = (address: string, registrationEndpoint: string): ServerRecord => ({
    address,
    registrationEndpoint,
    registrationSource: { kind: 'manifest' },
  });

  test.each<[ServerRecord, string | undefined]>([
    [record('https://fhir.example.org/r4', 'https://as.example.org/register'), 'a'],
    [record('https://b.example/register', 'https://b.example/register'), 'b'],
    [record('https://c.example', 'https://c.example/register'), 'c'],
    [record('https://c.example', 'https://c.example/elsewhere'), undefined],
    [record('https://gone.example', 'https://gone.example/register'), undefined],
  ])('%j', async (server, name) => {
    expect(entryOfRecord(await entriesWith(A, B, C), server, US)?.name).toBe(name);
  });

  test("another's entry is none", async () => {
    const entries = await entriesWith({ ...A, only: { repositories: [7] } });
    expect(entryOfRecord(entries, record('https://fhir.example.org/r4', 'https://x.example'), US)).toBeUndefined();
  });
});
