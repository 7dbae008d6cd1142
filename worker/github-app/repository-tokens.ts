import { RegistrarError } from '../../shared/errors/registrar-error.ts';
import type { Clock } from '../../shared/ports/ports.ts';
import { failedRequest, type GitHubRequest } from '../../shared/publish/github-request.ts';
import { githubTrouble } from './github-trouble.ts';
import type { Installations, RepositoryRef } from './installations.ts';
import { missingRights, type Rights } from './rights.ts';

/** A token for one repository and what it may do there; `owner` and `repo` are the repository's names now. */
export type RepositoryToken = {
  readonly token: string;
  readonly rights: Rights;
  readonly owner: string;
  readonly repo: string;
};

export type RepositoryTokens = {
  /**
   * A token with exactly these rights. Kept until five minutes before it ends.
   *
   * Rejects with `publish_forbidden` (not installed there, a right not granted), `rate_limited`, `github_failed`.
   */
  readonly get: (repository: RepositoryRef, rights: Rights) => Promise<RepositoryToken>;
  /** The token was refused: the next one is a new one. */
  readonly drop: (repository: RepositoryRef, rights: Rights) => void;
};

const SPARE_MS = 300_000;

type Kept = { readonly made: Promise<RepositoryToken & { readonly expiresAt: number }>; until: number };

/** Installation tokens, narrowed to one repository by its id and to the rights that are needed. */
export function createRepositoryTokens({
  request,
  asToken,
  installations,
  clock,
}: {
  /** With the App's own token. */
  readonly request: GitHubRequest;
  /** With an installation's token. */
  readonly asToken: (token: string) => GitHubRequest;
  readonly installations: Installations;
  readonly clock: Pick<Clock, 'now'>;
}): RepositoryTokens {
  const kept = new Map<string, Kept>();

  async function make(repository: RepositoryRef, rights: Rights): Promise<RepositoryToken & { expiresAt: number }> {
    const installation = await installations.find(repository);
    if (installation === undefined) throw notInstalled(repository);
    const missing = missingRights(rights, installation.rights);
    if (missing.length > 0) throw notGranted(repository, missing);
    try {
      const { data } = await request('POST /app/installations/{installation_id}/access_tokens', {
        installation_id: installation.id,
        repository_ids: [Number(repository.id)],
        permissions: rights,
      });
      return await read(repository, data);
    } catch (error) {
      installations.forget(repository);
      const { status } = failedRequest(error);
      // 404: uninstalled since; 422: not among its repositories, or a right was taken away since.
      if (status === 404 || status === 422) throw notInstalled(repository);
      throw githubTrouble('Asking for a token of the GitHub App', error, clock.now());
    }
  }

  async function read(repository: RepositoryRef, data: unknown): Promise<RepositoryToken & { expiresAt: number }> {
    const { token, expires_at, permissions, repositories } = data as Record<string, unknown>;
    const expiresAt = Date.parse(String(expires_at));
    if (typeof token !== 'string' || Number.isNaN(expiresAt)) throw new TypeError('no token in the answer');
    const listed = Array.isArray(repositories) ? repositories : await repositoriesOf(token);
    const found = listed.find((entry: unknown) => String((entry as { id?: unknown }).id) === repository.id);
    const { name, owner } = (found ?? {}) as { name?: unknown; owner?: { login?: unknown } };
    if (typeof name !== 'string' || typeof owner?.login !== 'string') throw new TypeError('no name in the answer');
    return { token, rights: (permissions ?? {}) as Rights, owner: owner.login, repo: name, expiresAt };
  }

  async function repositoriesOf(token: string): Promise<readonly unknown[]> {
    const { data } = await asToken(token)('GET /installation/repositories', { per_page: 2 });
    const { repositories } = data as { repositories?: unknown };
    return Array.isArray(repositories) ? repositories : [];
  }

  return {
    get: async (repository, rights) => {
      const key = keyOf(repository, rights);
      const known = kept.get(key);
      if (known !== undefined && known.until > clock.now()) return known.made;
      const entry: Kept = { made: make(repository, rights), until: Number.POSITIVE_INFINITY };
      kept.set(key, entry);
      try {
        const made = await entry.made;
        entry.until = made.expiresAt - SPARE_MS;
        return made;
      } catch (error) {
        kept.delete(key);
        throw error;
      }
    },
    drop: (repository, rights) => kept.delete(keyOf(repository, rights)),
  };
}

function keyOf({ id }: RepositoryRef, rights: Rights): string {
  return `${id} ${JSON.stringify(Object.entries(rights).sort(([a], [b]) => (a < b ? -1 : 1)))}`;
}

const shown = ({ fullName, id }: RepositoryRef): string => fullName ?? `the repository with id ${id}`;

function notInstalled(repository: RepositoryRef): RegistrarError {
  return new RegistrarError('publish_forbidden', {
    message: `The GitHub App may not do this in ${shown(repository)}: it is not installed there, or suspended.`,
    hint: 'Install the App in the account of the repository and check that the repository is among those it was given.',
  });
}

function notGranted(repository: RepositoryRef, missing: readonly string[]): RegistrarError {
  return new RegistrarError('publish_forbidden', {
    message: `The GitHub App lacks ${missing.join(', ')} in ${shown(repository)}.`,
    hint: 'Give the App these repository permissions in its settings; then the owner accepts them in the installation.',
  });
}
