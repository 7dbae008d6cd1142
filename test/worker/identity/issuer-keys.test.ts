import { beforeAll, expect, test } from 'vitest';
import { createIssuerKeys } from '../../../worker/identity/issuer-keys.ts';
import { answering, clockAt, ISSUER, makeKey, NOW, type SigningKey, silent } from './issuer.ts';

const JWKS = `${ISSUER}/.well-known/jwks`;
const CONFIGURATION = `${ISSUER}/.well-known/openid-configuration`;
let one: SigningKey;
let two: SigningKey;

beforeAll(async () => {
  [one, two] = await Promise.all([makeKey('one'), makeKey('two')]);
});

function open(table: Readonly<Record<string, unknown>>) {
  const time = clockAt(NOW);
  const issuer = answering(table);
  return { ...issuer, ...time, keys: createIssuerKeys({ http: issuer.http, clock: time.clock }) };
}

const set = (...keys: readonly SigningKey[]) => ({ keys: keys.map(({ publicJwk }) => publicJwk) });

test('keys are read once and kept', async () => {
  const { keys, asked, pass } = open({ [JWKS]: set(one, two) });
  expect(await keys.find(ISSUER, 'one')).toBeTypeOf('function');
  pass(3 * 3600);
  expect(await keys.find(ISSUER, 'two')).toBeTypeOf('function');
  expect(asked).toEqual([JWKS]);
});

test('keys are read anew after six hours, so that a withdrawn one is forgotten', async () => {
  const { keys, asked, answers, pass } = open({ [JWKS]: set(one) });
  await keys.find(ISSUER, 'one');
  answers.set(JWKS, set(two));
  pass(6 * 3600 + 1);
  expect(await keys.find(ISSUER, 'one')).toBeUndefined();
  expect(asked).toHaveLength(2);
});

test('an unknown key makes them be read anew, but not more often than every 30 seconds', async () => {
  const { keys, asked, answers, pass } = open({ [JWKS]: set(one) });
  await keys.find(ISSUER, 'one');
  expect(await keys.find(ISSUER, 'made-up')).toBeUndefined();
  pass(29);
  expect(await keys.find(ISSUER, 'made-up-too')).toBeUndefined();
  expect(asked).toHaveLength(1);
  answers.set(JWKS, set(one, two));
  pass(1);
  expect(await keys.find(ISSUER, 'two')).toBeTypeOf('function');
  expect(await keys.find(ISSUER, 'made-up')).toBeUndefined();
  expect(asked).toHaveLength(2);
});

test('a flood of unknown keys at one moment asks twenty times at most', async () => {
  const { keys, asked } = open({ [JWKS]: set(one) });
  const flood = Array.from({ length: 100 }, (_, index) => keys.find(ISSUER, `made-up-${index}`));
  expect(new Set(await Promise.all(flood))).toEqual(new Set([undefined]));
  expect(asked).toHaveLength(20);
  expect(await keys.find(ISSUER, 'one')).toBeTypeOf('function');
});

test('of many who come before there are keys, twenty ask and the others wait for what those get', async () => {
  const { keys, asked } = open({ [JWKS]: set(one) });
  const found = await Promise.all(Array.from({ length: 100 }, () => keys.find(ISSUER, 'one')));
  expect(found.map((key) => typeof key)).toEqual(Array.from({ length: 100 }, () => 'function'));
  expect(asked).toHaveLength(20);
});

test('whoever waits for what others ask is told so when nothing comes', async () => {
  const { clock } = clockAt(NOW);
  const keys = createIssuerKeys({ http: () => new Promise(() => {}), clock });
  for (let count = 0; count < 20; count += 1) void keys.find(ISSUER, 'one');
  await expect(keys.find(ISSUER, 'one')).rejects.toMatchObject({ code: 'identity_unavailable', retryAfterSeconds: 5 });
});

test('each issuer has keys of its own', async () => {
  const other = 'https://github.example.org/_services/token';
  const { keys } = open({ [JWKS]: set(one), [`${other}/.well-known/jwks`]: set(two) });
  expect(await keys.find(ISSUER, 'two')).toBeUndefined();
  expect(await keys.find(other, 'two')).toBeTypeOf('function');
  expect(await keys.find(other, 'one')).toBeUndefined();
});

test('keys are found through the OpenID configuration too', async () => {
  const { keys, asked } = open({
    [CONFIGURATION]: { issuer: ISSUER, jwks_uri: `${ISSUER}/keys` },
    [`${ISSUER}/keys`]: set(one),
  });
  expect(await keys.find(ISSUER, 'one')).toBeTypeOf('function');
  expect(asked).toEqual([JWKS, CONFIGURATION, `${ISSUER}/keys`]);
});

test.each<[string, Readonly<Record<string, unknown>>]>([
  ['nothing is there', {}],
  ['the key set is empty', { [JWKS]: { keys: [] } }],
  ['the key set is no list', { [JWKS]: { keys: { kid: 'one' } } }],
  ['the answer is a page', { [JWKS]: '<html>', [CONFIGURATION]: '<html>' }],
  ['the answer is no object', { [JWKS]: '7', [CONFIGURATION]: 'null' }],
  [
    'the configuration is of another issuer',
    {
      [CONFIGURATION]: { issuer: `${ISSUER}/`, jwks_uri: `${ISSUER}/keys` },
      [`${ISSUER}/keys`]: { keys: [{ kty: 'RSA' }] },
    },
  ],
  [
    'the keys are at another origin',
    {
      [CONFIGURATION]: { issuer: ISSUER, jwks_uri: 'https://evil.example/keys' },
      'https://evil.example/keys': { keys: [{ kty: 'RSA' }] },
    },
  ],
  ['the place of the keys is no address', { [CONFIGURATION]: { issuer: ISSUER, jwks_uri: '/keys' } }],
  ['the place of the keys is no text', { [CONFIGURATION]: { issuer: ISSUER, jwks_uri: 7 } }],
  ['the issuer does not answer', { [JWKS]: silent() }],
])('nobody is recognised when %s', async (_name, table) => {
  await expect(open(table).keys.find(ISSUER, 'one')).rejects.toMatchObject({
    code: 'identity_unavailable',
    message: `The keys of ${ISSUER}/ cannot be read, so no id-token can be checked.`,
    retryAfterSeconds: 5,
  });
});

test('after a failure the issuer is left alone for five seconds', async () => {
  const { keys, asked, answers, pass } = open({ [JWKS]: silent() });
  await expect(keys.find(ISSUER, 'one')).rejects.toMatchObject({ code: 'identity_unavailable' });
  answers.set(JWKS, set(one));
  await expect(keys.find(ISSUER, 'one')).rejects.toMatchObject({ code: 'identity_unavailable' });
  expect(asked).toHaveLength(1);
  pass(5);
  expect(await keys.find(ISSUER, 'one')).toBeTypeOf('function');
});

test('known keys are used for a day while the issuer does not answer', async () => {
  const { keys, answers, pass, asked } = open({ [JWKS]: set(one) });
  await keys.find(ISSUER, 'one');
  answers.set(JWKS, silent());
  pass(24 * 3600);
  expect(await keys.find(ISSUER, 'one')).toBeTypeOf('function');
  pass(1);
  await expect(keys.find(ISSUER, 'one')).rejects.toMatchObject({ code: 'identity_unavailable' });
  expect(asked).toHaveLength(2);
});

test('a defect is not taken for silence', async () => {
  const { keys } = open({ [JWKS]: new TypeError('a defect') });
  await expect(keys.find(ISSUER, 'one')).rejects.toThrow('a defect');
});

test.each<[string, object]>([
  ['a symmetric key', { kty: 'oct', k: 'c2VjcmV0' }],
  ['a key for encryption', { use: 'enc' }],
  ['a key of another algorithm', { alg: 'PS256' }],
  ['a key without an id', { kid: undefined }],
  ['a key without a number', { e: undefined }],
  ['a key with something else for a number', { n: { a: [] } }],
])('%s is not taken', async (_name, changes) => {
  const { keys } = open({ [JWKS]: { keys: [{ ...one.publicJwk, ...changes }, two.publicJwk, null] } });
  expect(await keys.find(ISSUER, 'one')).toBeUndefined();
  expect(await keys.find(ISSUER, 'two')).toBeTypeOf('function');
});

test('a key that does not say what it is for is taken', async () => {
  const { use: _use, alg: _alg, ...bare } = one.publicJwk;
  expect(await open({ [JWKS]: { keys: [bare] } }).keys.find(ISSUER, 'one')).toBeTypeOf('function');
});
