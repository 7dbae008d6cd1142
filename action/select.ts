import { printable } from '../shared/errors/printable.ts';
import { RegistrarError } from '../shared/errors/registrar-error.ts';
import type { RegistrationRecord } from '../shared/record/record.ts';
import type { OpenState } from './session.ts';

/** A registration that has clients, names or questions left; what has ended is only kept for the ledger. */
export function isAlive({ clients, published, suspects, intent }: RegistrationRecord): boolean {
  return clients.length > 0 || published.length > 0 || suspects.length > 0 || intent !== undefined;
}

export function aliveRecords({ state }: OpenState): readonly RegistrationRecord[] {
  return Object.values(state.registrations).filter(isAlive);
}

/**
 * The registrations of an environment that a command is about: those named in the `clients` input, else all that are
 * alive. Throws `registration_not_found` with the names there are.
 */
export function selectRecords(open: OpenState, names: readonly string[]): readonly RegistrationRecord[] {
  const alive = aliveRecords(open);
  const there = alive.map(({ desired }) => desired.name);
  const missing = names.filter((name) => !there.includes(name));
  if (missing.length > 0 || alive.length === 0) {
    const what = missing.length === 0 ? '' : ` ${missing.map((name) => printable(name, 60)).join(', ')}`;
    const has = missing.length === 0 ? '' : `; it has ${there.length === 0 ? 'none at all' : there.join(', ')}`;
    throw new RegistrarError('registration_not_found', {
      message: `The environment ${printable(open.environment)} has no registration${what}${has}.`,
      hint: 'Check the inputs `environment`, `pull-request` and `branch`: they say which environment is meant.',
    });
  }
  return names.length === 0 ? alive : alive.filter(({ desired }) => names.includes(desired.name));
}

/** Those to end: of names that are known, what has ended already is passed over, so that ending twice is no error. */
export function selectToEnd(open: OpenState, names: readonly string[]): readonly RegistrationRecord[] {
  const known = new Set(Object.values(open.state.registrations).map(({ desired }) => desired.name));
  const alive = aliveRecords(open);
  if (names.some((name) => !known.has(name))) return selectRecords(open, names);
  return names.length === 0 ? alive : alive.filter(({ desired }) => names.includes(desired.name));
}
