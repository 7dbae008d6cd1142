import { RegistrarError } from '../../shared/errors/registrar-error.ts';
import { publicationKey } from '../../shared/publish/publish-place.ts';
import type { Publication, Sink } from '../../shared/publish/sink.ts';
import { isUnsent } from '../../shared/publish/unsent.ts';
import { hostedSets } from '../../shared/reconcile/key-hosting.ts';
import type { Ports } from '../../shared/reconcile/ports.ts';
import type { RegistrationRecord } from '../../shared/record/record.ts';
import type { Access, Answer } from '../../shared/registration/answer.ts';
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

/** What a call at the registration API is about: the client, and what is sent and never to be shown. */
export type About = { readonly clientId: string; readonly secrets: readonly string[] };

/** What stands between the loop and the outside: does the call, or something worse. */
export type Gate = <T>(call: PortCall, effect: () => Promise<T>, about: About) => Promise<T>;

const NOTHING: About = { clientId: '', secrets: [] };

/** The value of a name that is not ours. */
export const FOREIGN = 'somebody else’s';

/** Everything outside of the loop, in memory: server, published names, store, clock, randomness. */
export function world({
  kind = {},
  taken = [],
  initialAccessToken,
}: {
  readonly kind?: Kind;
  readonly taken?: readonly string[];
  readonly initialAccessToken?: string;
} = {}) {
  let time = NOW;
  let byte = 0;
  let kept: RegistrationRecord | undefined;
  let read: { readonly of: RegistrationRecord; readonly record: RegistrationRecord } | undefined;
  let gate: Gate = (_call, effect) => effect();
  let sets = 0;
  // Written and read only when asked for: most of what is saved is never read.
  const saved = (): RegistrationRecord | undefined => {
    if (kept === undefined) return undefined;
    if (read?.of !== kept) read = { of: kept, record: JSON.parse(JSON.stringify(kept)) as RegistrationRecord };
    return read.record;
  };
  /** What the home would serve: the sets of the record as it is saved. */
  const hosted = (uri: string): readonly string[] => {
    const set = kept && hostedSets(kept).find(({ id }) => uri.includes(id));
    return set?.keys.map(({ kid }) => String(kid)) ?? [];
  };
  const server = modelServer(() => time, kind, hosted);
  // A home masks what it is given.
  const secrets: string[] = initialAccessToken === undefined ? [] : [initialAccessToken];
  server.issued.push(...secrets);
  const names = new Map<string, string>(taken.map((key) => [key, FOREIGN]));
  const port: string[] = [];
  const slept: number[] = [];
  const lines: string[] = [];
  const log = (line: string) => void lines.push(line);

  const through = <T>(call: PortCall, effect: () => Promise<T>, about = NOTHING): Promise<T> => {
    port.push(call);
    return gate(call, effect, about);
  };

  const sink: Sink = {
    claim: ({ targets, ours }) =>
      through('claim', async () =>
        targets.flatMap(({ kind: where, environment, items }) =>
          items.map((item): Publication => {
            const target = { kind: where, ...(environment !== undefined && { environment }) };
            const entry = ours.find((known) => publicationKey(known) === publicationKey({ target, item }));
            // Between a claim and the first write anybody can have made the name.
            if ((entry === undefined || isUnsent(entry)) && names.has(publicationKey({ target, item })))
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
          NOTHING,
        ),
    },
    random: { bytes: (length) => Uint8Array.from({ length }, () => byte++ % 256) },
    log: { info: log, warning: log, debug: log },
    api: {
      register: (request) =>
        through('register', () => server.api.register(request), {
          clientId: '',
          secrets: [request.initialAccessToken].filter((secret) => secret !== undefined),
        }),
      read: (access) => through('read', () => server.api.read(access), aboutOf(access)),
      update: (access, body) => through('update', () => server.api.update(access, body), aboutOf(access)),
      remove: (access) => through('remove', () => server.api.remove(access), aboutOf(access)),
    },
    verify: (client) => through('verify', () => server.verify(client)),
    sink,
    announce: () => through('announce', async () => {}),
    store: {
      save: (record) =>
        through('save', async () => {
          kept = record;
        }),
    },
    newKeySet: () => {
      const id = `set-${++sets}-`;
      return { id, uri: `https://registrar.example.org/clients/${id}/jwks.json` };
    },
    initialAccessToken: () => through('initialAccessToken', async () => initialAccessToken),
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
    /** What was logged, line by line. */
    lines,
    now: () => time,
    pass: (ms: number) => {
      time += ms;
    },
    /** The record as it would be found after a crash. */
    saved,
    /** The same as it was handed over. */
    kept: () => kept,
    setGate: (next: Gate) => {
      gate = next;
    },
    /** From now on answers to `call` are taken from the list, without the call being made; afterwards it is made again. */
    answer: (call: PortCall, ...answers: readonly (Answer | RegistrarError | TypeError)[]) => {
      const left = [...answers];
      const before = gate;
      gate = async (made, effect, about) => {
        const next = made === call ? left.shift() : undefined;
        if (next === undefined) return before(made, effect, about);
        if (next instanceof Error) throw next;
        return next as Awaited<ReturnType<typeof effect>>;
      };
    },
  };
}

export type World = ReturnType<typeof world>;

function aboutOf({ registrationClientUri: uri, registrationAccessToken }: Access): About {
  return { clientId: uri.slice(uri.lastIndexOf('/') + 1), secrets: [registrationAccessToken] };
}
