import type { Owner } from '../../shared/manifest/desired.ts';
import type { HookEvent, RepositoryName } from './delivery.ts';

type Members = Readonly<Record<string, unknown>>;

/**
 * What a GitHub event means for the repositories it is about; nothing for every event and action that is not listed.
 *
 * Times are the payload's own where it has one, because deliveries come late and again. Deleted and created branches
 * are ordered by the repository's last push; installations have no time, so what they say is to be checked.
 */
export function readEvent({
  name,
  payload,
  receivedAt,
}: {
  /** `X-GitHub-Event`. */
  readonly name: string;
  readonly payload: unknown;
  /** Epoch milliseconds. */
  readonly receivedAt: number;
}): readonly HookEvent[] {
  const event = members(payload);
  const repository = members(event.repository);
  const repositoryId = idOf(repository);
  const at = (time: unknown): number => Math.min(timeOf(time) ?? receivedAt, receivedAt);
  switch (name) {
    case 'pull_request': {
      const pullRequest = members(event.pull_request);
      const number = pullRequest.number ?? event.number;
      if (!Number.isSafeInteger(number)) return [];
      const owner: Owner = { kind: 'pull_request', number: number as number };
      return ownerEvent(
        repositoryId,
        owner,
        event.action === 'closed' ? 'ended' : event.action === 'reopened' ? 'reopened' : undefined,
        at(event.action === 'closed' ? pullRequest.closed_at : pullRequest.updated_at),
      );
    }
    case 'delete':
    case 'create': {
      if (event.ref_type !== 'branch' || typeof event.ref !== 'string' || event.ref === '') return [];
      const owner: Owner = { kind: 'branch', name: event.ref };
      return ownerEvent(repositoryId, owner, name === 'delete' ? 'ended' : 'reopened', at(repository.pushed_at));
    }
    case 'repository':
      return repositoryEvent(event.action, repositoryId, repository, at(repository.updated_at));
    case 'installation':
      return installationEvents(INSTALLATION.get(event.action), event.repositories, receivedAt);
    case 'installation_repositories':
      return [
        ...installationEvents('installation_added', event.repositories_added, receivedAt),
        ...installationEvents('installation_removed', event.repositories_removed, receivedAt),
      ];
    default:
      return [];
  }
}

type InstallationKind = 'installation_added' | 'installation_removed';

const INSTALLATION: ReadonlyMap<unknown, InstallationKind> = new Map([
  ['created', 'installation_added'],
  ['new_permissions_accepted', 'installation_added'],
  ['deleted', 'installation_removed'],
]);

function ownerEvent(
  repositoryId: string | undefined,
  owner: Owner,
  what: 'ended' | 'reopened' | undefined,
  at: number,
): readonly HookEvent[] {
  return repositoryId === undefined || what === undefined ? [] : [{ kind: `owner_${what}`, repositoryId, owner, at }];
}

function repositoryEvent(
  action: unknown,
  repositoryId: string | undefined,
  repository: Members,
  at: number,
): readonly HookEvent[] {
  if (repositoryId === undefined) return [];
  switch (action) {
    case 'deleted':
    case 'archived':
    case 'unarchived':
      return [{ kind: `repository_${action}`, repositoryId, at }];
    case 'transferred':
    case 'renamed': {
      const named = nameOf(repository);
      return named === undefined ? [] : [{ kind: `repository_${action}`, repositoryId, at, repository: named }];
    }
    default:
      return [];
  }
}

function installationEvents(
  kind: InstallationKind | undefined,
  repositories: unknown,
  at: number,
): readonly HookEvent[] {
  if (kind === undefined || !Array.isArray(repositories)) return [];
  return repositories.flatMap((entry: unknown) => {
    const repositoryId = idOf(members(entry));
    return repositoryId === undefined ? [] : [{ kind, repositoryId, at }];
  });
}

function nameOf(repository: Members): RepositoryName | undefined {
  const owner = members(repository.owner);
  const ownerId = idOf(owner);
  return typeof owner.login === 'string' && typeof repository.name === 'string' && ownerId !== undefined
    ? { owner: owner.login, name: repository.name, ownerId }
    : undefined;
}

function members(value: unknown): Members {
  return typeof value === 'object' && value !== null ? (value as Members) : {};
}

function idOf({ id }: Members): string | undefined {
  return Number.isSafeInteger(id) && (id as number) > 0 ? String(id) : undefined;
}

/** GitHub writes times as ISO 8601 and, in some events, as epoch seconds. */
function timeOf(value: unknown): number | undefined {
  const time = typeof value === 'number' ? value * 1000 : typeof value === 'string' ? Date.parse(value) : Number.NaN;
  return Number.isFinite(time) ? time : undefined;
}
