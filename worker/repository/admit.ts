import { RegistrarError } from '../../shared/errors/registrar-error.ts';
import type { Owner } from '../../shared/manifest/desired.ts';
import type { Applier } from '../../shared/record/record.ts';
import { type Action, authorise, type Decision, notAllowed } from '../policy/authorise.ts';
import type { Caller } from './calls.ts';
import type { Home } from './home.ts';
import { getMeta, setMeta } from './meta.ts';
import type { RegistrationRow } from './registration-rows.ts';

/** `{environment}/{name}`, as in a record. */
export function keyOf({ environment, name }: Pick<Caller, 'environment' | 'name'>): string {
  return `${environment}/${name}`;
}

/** The run as the ledger names it. */
export function runOf({ identity: { runId, attempt } }: Pick<Caller, 'identity'>): string {
  return `${runId}.${attempt}`;
}

export function applierOf({ identity: { runId, attempt } }: Pick<Caller, 'identity'>): Applier {
  return { runId, attempt };
}

/** What says whose a registration is, and whether there still is one. */
export type Standing = Pick<RegistrationRow, 'status' | 'owner'>;

/** By what the run may do this with the registration as it is now. Throws `not_allowed` unless it may. */
export function authoriseCall(
  { settings }: Pick<Home, 'settings'>,
  caller: Caller & { readonly owner?: Owner | undefined },
  action: Action,
  row: Standing | undefined,
): Extract<Decision, { readonly kind: 'allowed' }> {
  const { identity, environment, owner } = caller;
  const current = row === undefined || row.status === 'ended' ? undefined : ownerFrom(row.owner);
  const decision = authorise({ identity, environment, action, owner, current, policy: settings.config.policy });
  if (decision.kind === 'denied') throw notAllowed(decision);
  return decision;
}

/** An owner from its name; nothing for what has none. */
export function ownerFrom(owner: string | null): { readonly owner?: Owner } {
  if (owner === null) return {};
  const separator = owner.indexOf(':');
  const rest = owner.slice(separator + 1);
  return owner.startsWith('pull_request:')
    ? { owner: { kind: 'pull_request', number: Number(rest) } }
    : { owner: { kind: 'branch', name: rest } };
}

/** Remembers the id-token, throws `identity_refused` for one that was used before, and notes the names of the repository. */
export function acceptToken(home: Home, { identity }: Pick<Caller, 'identity'>): void {
  const { sql, storage, clock } = home;
  const now = clock.now();
  storage.transactionSync(() => {
    const id = JSON.stringify([identity.issuer, identity.jti]);
    if (sql.exec('SELECT 1 FROM token_ids WHERE id = ?', id).toArray().length > 0) {
      throw new RegistrarError('identity_refused', {
        message: 'The id-token was used before; each is accepted once.',
        hint: 'Fetch a fresh id-token for each request.',
      });
    }
    sql.exec('DELETE FROM token_ids WHERE expires_at < ?', now);
    sql.exec('INSERT INTO token_ids (id, expires_at) VALUES (?, ?)', id, identity.expiresAt);
    setMeta(sql, 'owner_id', identity.ownerId);
    if (setMeta(sql, 'repository_name', identity.repository)) setMeta(sql, 'inventory_due', String(now));
  });
}

/** Throws where nothing may be done: after a restore, and for registrations without an owner while they are frozen. */
export function refuseHeld({ sql }: Pick<Home, 'sql'>, key: string, owner: Owner | string | null | undefined): void {
  if (getMeta(sql, 'restored') !== undefined) {
    throw new RegistrarError('repository_restored', {
      message: `Nothing is done for ${key}: the registrations of this repository were restored and are not released yet.`,
      client: key,
    });
  }
  const reason = getMeta(sql, 'frozen');
  if (reason !== undefined && (owner === undefined || owner === null)) {
    throw new RegistrarError('registration_frozen', { message: `${key} stays as it is: ${reason}.`, client: key });
  }
}

export function notFound(key: string): RegistrarError {
  return new RegistrarError('registration_not_found', { message: `There is no registration ${key}.`, client: key });
}
