import type { Owner } from '../../shared/manifest/desired.ts';
import type { Home } from './home.ts';
import { repositoryRef } from './publisher.ts';
import { ownerName } from './registration-rows.ts';
import { rememberOwner, whyBuried } from './tombstones.ts';

/**
 * Why an owner has ended; undefined while it has not. Where the App may know, GitHub is asked when it matters: for an
 * owner that is said to have ended, because the webhook of its reopening can be lost, and for one that nothing was made
 * for yet, because the webhook of its end can be.
 */
export async function whyEnded(home: Home, owner: Owner | undefined, isNew: boolean): Promise<string | undefined> {
  if (owner === undefined) return undefined;
  const { sql, clock } = home;
  const name = ownerName(owner);
  const buried = whyBuried(sql, name);
  if (buried === undefined && !isNew) return undefined;
  const alive = await isAlive(home, owner);
  const at = clock.now();
  if (alive === true && buried !== undefined) rememberOwner(sql, name, { kind: 'reopened', at, reason: 'reopened' });
  if (alive === false && buried === undefined) {
    rememberOwner(sql, name, { kind: 'ended', at, reason: 'GitHub says that it has ended' });
  }
  return whyBuried(sql, name);
}

/** Undefined when nobody can tell: then what webhooks said counts. */
async function isAlive({ settings, ...home }: Home, owner: Owner): Promise<boolean | undefined> {
  const repository = repositoryRef(home);
  try {
    return owner.kind === 'pull_request'
      ? await settings.github?.isPullRequestOpen(repository, owner.number)
      : await settings.github?.isBranchThere(repository, owner.name);
  } catch {
    return undefined;
  }
}
