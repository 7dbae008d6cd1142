import { RegistrarError } from '../../shared/errors/registrar-error.ts';
import { type Outcome, type ReconcileOptions, reconcile } from '../../shared/reconcile/reconcile.ts';
import type { RegistrationRecord } from '../../shared/record/record.ts';
import { failed, silent } from './model-server.ts';
import type { PortCall, World } from './world.ts';

/**
 * What can happen at one port call: the process dies before it or after its effect; it fails and has no effect; it has
 * its effect and the answer is garbage; it has its effect and the answer never comes; a server answers 500 and has done
 * nothing.
 */
export const FAULTS = [
  'dies before',
  'dies after',
  'fails',
  'answers garbage',
  'never answers',
  'answers 500',
] as const;
export type Fault = (typeof FAULTS)[number];

const API: ReadonlySet<PortCall> = new Set(['register', 'read', 'update', 'remove']);

/** Calls after which the outside is another. */
const CHANGING: ReadonlySet<PortCall> = new Set(['save', 'write', 'erase', ...API]);

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
    world.setGate(async (call, effect, clientId) => {
      if (hit !== undefined && fault.startsWith('dies')) return die();
      // Waiting can be cut off and cannot fail.
      if (call === 'sleep' && !fault.startsWith('dies')) return effect();
      // Elsewhere that is a failure like any other.
      const counts = fault !== 'answers 500' || API.has(call);
      if (!counts || count++ !== index) {
        const result = await effect();
        if (CHANGING.has(call)) check();
        return result;
      }
      hit = call;
      if (fault === 'dies before') return die();
      if (fault === 'fails') return fail(call);
      if (fault === 'answers 500') return failed as never;
      await effect();
      if (API.has(call) && fault !== 'answers garbage')
        lost = { call, clientId, at: world.now(), seen: world.server.calls.length };
      if (fault === 'dies after') return die();
      return API.has(call) ? ((fault === 'never answers' ? silent : failed) as never) : fail(call);
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

/** The call fails in a way that its port may: answers of a server, an outcome, an error. */
function fail(call: PortCall): never {
  const message = `The ${call} failed.`;
  if (API.has(call)) {
    const cause = new RegistrarError('server_unreachable', { message });
    return { kind: 'not_sent', cause } as never;
  }
  if (call === 'verify') return { outcome: 'unreachable', reason: 'answered 503', traits: {} } as never;
  throw new RegistrarError(call === 'save' ? 'state_unwritable' : 'publish_failed', { message });
}
