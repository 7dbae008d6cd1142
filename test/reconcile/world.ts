import { RegistrarError } from '../../shared/errors/registrar-error.ts';
import { publicationKey } from '../../shared/publish/publish-place.ts';
import type { Publication, Sink } from '../../shared/publish/sink.ts';
import { hostedSets } from '../../shared/reconcile/key-hosting.ts';
import type { Ports } from '../../shared/reconcile/ports.ts';
import type { RegistrationRecord } from '../../shared/record/record.ts';
import type { Answer } from '../../shared/registration/answer.ts';
import { NOW } from './build.ts';
import { type Kind, modelServer } from './model-server.ts';

export type PortCall =
  | 'save'
  | 'register'
  | 'read'
  | 'update'
  | 'remove'
  | 'verify'
  | 'claim'
  | 'write'
  | 'erase'
  | 'announce'
  | 'initialAccessToken'
  | 'sleep';

/** What stands between the loop and the outside: does the call, or something worse. */
export type Gate = <T>(call: PortCall, effect: () => Promise<T>, clientId: string) => Promise<T>;

/** Everything outside of the loop, in memory: server, published names, store, clock, randomness. */
export function world({ kind = {}, taken = [] }: { readonly kind?: Kind; readonly taken?: readonly string[] } = {}) {
  let time = NOW;
  let byte = 0;
  let saved: string | undefined;
  let read: { readonly text: string; readonly record: RegistrationRecord } | undefined;
  let gate: Gate = (_call, effect) => effect();
  let sets = 0;
  /** What the home would serve: the sets of the record as it is saved. */
  const hosted = (uri: string): readonly string[] => {
    const set = hostedSets(JSON.parse(saved ?? '{"clients":[]}')).find(({ id }) => uri.includes(id));
    return set?.keys.map(({ kid }) => String(kid)) ?? [];
  };
  const server = modelServer(() => time, kind, hosted);
  const names = new Map<string, string>(taken.map((key) => [key, 'somebody else’s']));
  const port: string[] = [];
  const slept: number[] = [];
  const secrets: string[] = [];

  const through = <T>(call: PortCall, effect: () => Promise<T>, clientId = ''): Promise<T> => {
    port.push(call);
    return gate(call, effect, clientId);
  };

  const sink: Sink = {
    claim: ({ targets, ours }) =>
      through('claim', async () =>
        targets.flatMap(({ kind: where, environment, items }) =>
          items.map((item): Publication => {
            const target = { kind: where, ...(environment !== undefined && { environment }) };
            const entry = ours.find((known) => publicationKey(known) === publicationKey({ target, item }));
            if (entry === undefined && names.has(publicationKey({ target, item })))
              throw new RegistrarError('secret_exists', { message: `${item.name} exists.` });
            const { of: _, ...rest } = entry ?? { state: 'claimed' as const, at: time };
            return { ...(entry?.item.field === item.field ? entry : rest), target, item };
          }),
        ),
      ),
    write: (publication, value) =>
      through('write', async () => {
        names.set(publicationKey(publication), value);
        return { ...publication, state: 'written', at: time };
      }),
    erase: (publication) => through('erase', async () => void names.delete(publicationKey(publication))),
  };

  const ports: Ports = {
    clock: {
      now: () => time,
      sleep: (ms) =>
        gate(
          'sleep',
          async () => {
            slept.push(ms);
            time += ms;
          },
          '',
        ),
    },
    random: { bytes: (length) => Uint8Array.from({ length }, () => byte++ % 256) },
    log: { info: () => {}, warning: () => {}, debug: () => {} },
    api: {
      register: (request) => through('register', () => server.api.register(request)),
      read: (access) => through('read', () => server.api.read(access), idOf(access.registrationClientUri)),
      update: (access, body) =>
        through('update', () => server.api.update(access, body), idOf(access.registrationClientUri)),
      remove: (access) => through('remove', () => server.api.remove(access), idOf(access.registrationClientUri)),
    },
    verify: (client) => through('verify', () => server.verify(client)),
    sink,
    announce: () => through('announce', async () => {}),
    store: {
      save: (record) =>
        through('save', async () => {
          saved = JSON.stringify(record);
        }),
    },
    newKeySet: () => {
      const id = `set-${++sets}-`;
      return { id, uri: `https://registrar.example.org/clients/${id}/jwks.json` };
    },
    initialAccessToken: () => through('initialAccessToken', async () => undefined),
    protect: (more) => void secrets.push(...more),
    run: 'run 7',
  };

  return {
    server,
    ports,
    names,
    hosted,
    /** Every port call so far, in order. */
    port,
    slept,
    secrets,
    now: () => time,
    pass: (ms: number) => {
      time += ms;
    },
    /** The record as it would be found after a crash. */
    saved: (): RegistrationRecord | undefined => {
      if (saved === undefined) return undefined;
      if (read?.text !== saved) read = { text: saved, record: JSON.parse(saved) as RegistrationRecord };
      return read.record;
    },
    setGate: (next: Gate) => {
      gate = next;
    },
    /** From now on answers to `call` are taken from the list, without the call being made; afterwards it is made again. */
    answer: (call: PortCall, ...answers: readonly (Answer | RegistrarError | TypeError)[]) => {
      const left = [...answers];
      const before = gate;
      gate = async (made, effect, clientId) => {
        const next = made === call ? left.shift() : undefined;
        if (next === undefined) return before(made, effect, clientId);
        if (next instanceof Error) throw next;
        return next as Awaited<ReturnType<typeof effect>>;
      };
    },
  };
}

export type World = ReturnType<typeof world>;

function idOf(uri: string): string {
  return uri.slice(uri.lastIndexOf('/') + 1);
}
