import { printable } from '../../shared/errors/printable.ts';
import type { Owner } from '../../shared/manifest/desired.ts';
import { ruleFor } from '../policy/environment-rule.ts';
import type { Delivery, HookEvent, Taken } from '../webhooks/delivery.ts';
import { endContributions } from './contribution-rows.ts';
import { addEvents, type HomeEvent } from './event-rows.ts';
import type { Home } from './home.ts';
import { getMeta, setMeta } from './meta.ts';
import { repositoryRef } from './publisher.ts';
import { findRow, ownerName } from './registration-rows.ts';
import { isShared } from './shared-client.ts';
import { isEnded, rememberOwner } from './tombstones.ts';

/**
 * Keeps a delivery and what it asks for, in one transaction; the alarm does the work. A delivery that was seen before is
 * `repeated`: whatever it asked for is kept until it is done.
 */
export function takeDelivery(home: Home, { id, receivedAt, event }: Delivery): Taken {
  if (!home.isKept()) return 'ignored';
  const { sql, storage } = home;
  const taken = storage.transactionSync((): Taken => {
    const name = deliveryName(id, event);
    if (sql.exec('SELECT 1 FROM deliveries WHERE id = ?', name).toArray().length > 0) return 'repeated';
    const outcome = take(home, event, receivedAt);
    sql.exec('INSERT INTO deliveries (id, at, outcome) VALUES (?, ?, ?)', name, receivedAt, outcome);
    return outcome;
  });
  return taken;
}

/** One delivery of an installation is about many repositories, and about each only once. */
function deliveryName(id: string, { kind }: HookEvent): string {
  return `${id} ${kind}`;
}

function take(home: Home, event: HookEvent, now: number): Taken {
  switch (event.kind) {
    case 'owner_ended':
      return endOwner(home, ownerName(event.owner), event.at, reasonFor(event));
    case 'owner_reopened':
      return reopenOwner(home, ownerName(event.owner), event.at);
    case 'repository_deleted':
      return endOwned(home, 'the repository was deleted', now);
    case 'repository_archived':
      return freeze(home, 'the repository was archived', now);
    case 'repository_unarchived':
      return thaw(home, 'the repository was archived', now);
    case 'repository_transferred':
      rename(home, event.repository, now);
      return freeze(home, 'the repository was transferred', now);
    case 'repository_renamed':
      return rename(home, event.repository, now);
    case 'installation_added':
      home.settings.github?.forget(repositoryRef(home));
      return thaw(home, 'the GitHub App was taken away', now);
    case 'installation_removed':
      home.settings.github?.forget(repositoryRef(home));
      return freeze(home, 'the GitHub App was taken away', now);
    case 'teardown_asked':
      return endEnvironment(home, event.environment, now);
    case 'rotation_asked':
      return askForRotation(home, event, now);
  }
}

function reasonFor(event: Extract<HookEvent, { readonly owner: Owner }>): string {
  return event.owner.kind === 'pull_request'
    ? `pull request ${event.owner.number} was closed`
    : `branch ${printable(event.owner.name, 80)} was deleted`;
}

/** An end from before the last reopening is old news. */
function endOwner(home: Home, owner: string, at: number, reason: string): Taken {
  const { sql, clock } = home;
  const tombstone = rememberOwner(sql, owner, { kind: 'ended', at, reason });
  if (!isEnded(tombstone)) return 'ignored';
  const now = clock.now();
  const ended = sql.exec(
    "UPDATE registrations SET end_reason = ?, due = ? WHERE owner = ? AND status = 'active' AND end_reason IS NULL",
    reason,
    now,
    owner,
  ).rowsWritten;
  const left = endContributions(sql, now, 'owner = ?', owner);
  if (ended + left > 0) {
    sql.exec('UPDATE tombstones SET inventory_due = ? WHERE owner = ?', now, owner);
    tell(home, { kind: 'owner_ended', owner, reason }, now);
  }
  return 'taken';
}

function reopenOwner(home: Home, owner: string, at: number): Taken {
  const { sql, clock } = home;
  const tombstone = rememberOwner(sql, owner, { kind: 'reopened', at, reason: 'reopened' });
  if (isEnded(tombstone)) return 'ignored';
  const now = clock.now();
  if (tombstone.ended_at !== null) {
    sql.exec('UPDATE tombstones SET inventory_due = ? WHERE owner = ?', now, owner);
    tell(home, { kind: 'owner_reopened', owner, reason: 'it was reopened' }, now);
  }
  return 'taken';
}

/** The owners are gone with the repository; what has none stays until an operator decides. */
function endOwned(home: Home, reason: string, now: number): Taken {
  home.sql.exec(
    "UPDATE registrations SET end_reason = ?, due = ? WHERE owner IS NOT NULL AND status = 'active' AND end_reason IS NULL",
    reason,
    now,
  );
  endContributions(home.sql, now, 'owner IS NOT NULL');
  return freeze(home, reason, now);
}

function freeze(home: Home, reason: string, now: number): Taken {
  if (getMeta(home.sql, 'frozen') !== undefined) return 'ignored';
  setMeta(home.sql, 'frozen', reason);
  setMeta(home.sql, 'inventory_due', String(now));
  tell(home, { kind: 'frozen', reason }, now);
  return 'taken';
}

/** Only what froze them is undone: an operator has to decide on anything else. */
function thaw(home: Home, reason: string, now: number): Taken {
  if (getMeta(home.sql, 'frozen') !== reason) return 'ignored';
  setMeta(home.sql, 'frozen', undefined);
  setMeta(home.sql, 'inventory_due', String(now));
  tell(home, { kind: 'thawed', reason }, now);
  return 'taken';
}

function rename(
  home: Home,
  { owner, name, ownerId }: { readonly owner: string; readonly name: string; readonly ownerId: string },
  now: number,
): Taken {
  setMeta(home.sql, 'owner_id', ownerId);
  if (!setMeta(home.sql, 'repository_name', `${owner}/${name}`)) return 'ignored';
  setMeta(home.sql, 'inventory_due', String(now));
  tell(home, { kind: 'renamed', reason: `${owner}/${name}` }, now);
  return 'taken';
}

/** A host says that a deploy is gone; what has no owner only where the operator's policy listens to hosts. */
function endEnvironment(home: Home, environment: string, now: number): Taken {
  if (isShared(environment)) return 'ignored';
  const all = listensToHosts(home, environment);
  const places = [
    `${environment}/`,
    // The character after the slash.
    `${environment}0`,
    [...environment].length + 2,
  ] as const;
  const inEnvironment = `key > ? AND key < ? AND instr(substr(key, ?), '/') = 0 ${all ? '' : 'AND owner IS NOT NULL'}`;
  const ended = home.sql.exec(
    `UPDATE registrations SET end_reason = ?, due = ?
     WHERE status = 'active' AND end_reason IS NULL AND ${inEnvironment}`,
    'its host says that the deploy is gone',
    now,
    ...places,
  ).rowsWritten;
  const left = endContributions(home.sql, now, inEnvironment, ...places);
  return ended + left > 0 ? 'taken' : 'ignored';
}

function askForRotation(
  home: Home,
  { environment, name }: Extract<HookEvent, { readonly kind: 'rotation_asked' }>,
  now: number,
): Taken {
  const key = `${environment}/${name}`;
  const row = findRow(home.sql, key);
  if (row === undefined || row.status !== 'active' || isShared(key)) return 'ignored';
  if (row.owner === null && !listensToHosts(home, environment)) return 'ignored';
  home.sql.exec('UPDATE registrations SET rotation_asked = 1, due = ? WHERE key = ?', now, key);
  return 'taken';
}

function listensToHosts({ settings, repositoryId }: Home, environment: string): boolean {
  return ruleFor(settings.config.policy, { repositoryId, environment }).deployWebhooks;
}

function tell({ sql }: Home, event: HomeEvent, at: number): void {
  addEvents(sql, [event], { at });
}
