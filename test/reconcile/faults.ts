import { RegistrarError } from '../../shared/errors/registrar-error.ts';
import { type Outcome, type ReconcileOptions, reconcile } from '../../shared/reconcile/reconcile.ts';
import type { RegistrationRecord } from '../../shared/record/record.ts';
import type { Verb } from '../../shared/registration/answer.ts';
import { readAnswer } from '../../shared/registration/read-answer.ts';
import { ENDPOINT, silent } from './model-server.ts';
import type { About, PortCall, World } from './world.ts';

/**
 * What can happen at one port call: the process dies before it or after its effect; it fails and has no effect; it has
 * its effect and the answer is garbage; it has its effect and the answer never comes; a server answers 500 and has done
 * nothing; it is refused once, for no good reason, and has no effect (a server: 401); a server answers 403 likewise.
 */
export const FAULTS = [
  'dies before',
  'dies after',
  'fails',
  'answers garbage',
  'never answers',
  'answers 500',
  'is refused',
  'answers 403',
] as const;
export type Fault = (typeof FAULTS)[number];

/** Elsewhere these are failures like any other. */
const OF_SERVERS: ReadonlySet<Fault> = new Set(['answers 500', 'answers 403']);

/** The call has no effect and the process lives on to save what it knows. */
export const WITHOUT_EFFECT: ReadonlySet<Fault> = new Set(['fails', 'answers 500', 'is refused', 'answers 403']);

const VERBS: ReadonlySet<PortCall> = new Set(['register', 'read', 'update', 'remove'] satisfies Verb[]);

/** Calls after which the outside is another. */
const CHANGING: ReadonlySet<PortCall> = new Set(['save', 'write', 'erase', ...VERBS]);

export type Lost = {
  readonly call: PortCall;
  readonly clientId: string;
  readonly at: number;
  /** How many calls the server had seen, with this one. */
  readonly seen: number;
};

export type FaultyRun = {
  /** Nothing when the process died. */
  readonly outcome?: Outcome;
  /** The port call that went wrong; nothing when the run had fewer calls. */
  readonly hit?: PortCall;
  /** The call that had its effect and whose sender does not know when the server is done with it. */
  readonly lost?: Lost;
};

/** A run in which the port call number `index` goes wrong; `check` is called after every port call before that. */
export async function runWithFault(
  world: World,
  start: RegistrationRecord,
  options: ReconcileOptions & { readonly index: number; readonly fault: Fault; readonly check: () => void },
): Promise<FaultyRun> {
  const { index, fault, check } = options;
  let count = 0;
  let hit: PortCall | undefined;
  let lost: Lost | undefined;
  const outcome = await new Promise<Outcome | undefined>((resolve, reject) => {
    const die = (): Promise<never> => {
      resolve(undefined);
      return new Promise(() => {});
    };
    world.setGate(async (call, effect, about) => {
      if (hit !== undefined && fault.startsWith('dies')) return die();
      // Waiting can be cut off and cannot fail.
      if (call === 'sleep' && !fault.startsWith('dies')) return effect();
      const counts = !OF_SERVERS.has(fault) || isVerb(call);
      if (!counts || count++ !== index) {
        const result = await effect();
        if (CHANGING.has(call)) check();
        return result;
      }
      hit = call;
      if (fault === 'dies before') return die();
      if (fault === 'fails') return fail(call);
      if (fault === 'is refused') return refuse(call, about) as never;
      if (isVerb(call) && fault === 'answers 500') return answered(call, 500, about) as never;
      if (isVerb(call) && fault === 'answers 403') return answered(call, 403, about) as never;
      const result = await effect();
      if (isVerb(call) && fault !== 'answers garbage')
        lost = { call, clientId: about.clientId, at: world.now(), seen: world.server.calls.length };
      if (fault === 'dies after') return die();
      if (!isVerb(call)) return fail(call);
      return (fault === 'never answers' ? silent : garbled(call, result, about)) as never;
    });
    reconcile(start, world.ports, options).then(resolve, reject);
  });
  world.setGate(async (call, effect) => {
    const result = await effect();
    if (CHANGING.has(call)) check();
    return result;
  });
  return { ...(outcome && { outcome }), ...(hit && { hit }), ...(lost && { lost }) };
}

function isVerb(call: PortCall): call is Verb {
  return VERBS.has(call);
}

/** The call fails in a way that its port may: answers of a server, an outcome, an error. */
function fail(call: PortCall): never {
  const message = `The ${call} failed.`;
  if (isVerb(call)) {
    const cause = new RegistrarError('server_unreachable', { message });
    return { kind: 'not_sent', cause } as never;
  }
  if (call === 'verify') return { outcome: 'unreachable', reason: 'answered 503', traits: {} } as never;
  throw new RegistrarError(call === 'save' ? 'state_unwritable' : 'publish_failed', { message });
}

/** The call is refused in the way that is its port's own. */
function refuse(call: PortCall, about: About) {
  const message = `The ${call} was refused.`;
  if (isVerb(call)) return answered(call, 401, about);
  switch (call) {
    case 'verify':
      return { outcome: 'refused', reason: 'the token endpoint answered invalid_client', traits: {} };
    case 'save':
      throw new RegistrarError('run_again', { message });
    case 'initialAccessToken':
      throw new RegistrarError('registration_refused', { message });
    default:
      throw new RegistrarError('publish_forbidden', { message });
  }
}

/** A refusal as the port reads it, from a server that repeats what it was sent. */
function answered(verb: Verb, status: number, about: About) {
  const body = { error: 'no_good', error_description: `${about.secrets.join(' ')} is no good` };
  return read(verb, status, JSON.stringify(body), about);
}

/** A success that breaks off after everything that is secret in it. */
function garbled(verb: Verb, result: unknown, about: About) {
  return verb === 'remove' ? answered(verb, 500, about) : read(verb, 201, JSON.stringify(result).slice(0, -2), about);
}

function read(verb: Verb, status: number, text: string, { secrets }: About) {
  return readAnswer({ verb, response: { status, text, header: () => null }, requestUrl: ENDPOINT, secrets });
}
