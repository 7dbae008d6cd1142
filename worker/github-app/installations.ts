import type { Clock } from '../../shared/ports/ports.ts';
import { failedRequest, type GitHubRequest } from '../../shared/publish/github-request.ts';
import { githubTrouble } from './github-trouble.ts';
import type { Rights } from './rights.ts';

/**
 * A repository. The id says which; the others, as an id-token or webhook had them last, help to find the installation.
 */
export type RepositoryRef = {
  readonly id: string;
  /** `owner/name`. */
  readonly fullName?: string;
  readonly ownerId?: string;
};

/** The App where an account installed it. */
export type Installation = { readonly id: number; readonly rights: Rights };

export type Installations = {
  /** Undefined when the App is not installed there, or suspended. Remembered for five minutes. */
  readonly find: (repository: RepositoryRef) => Promise<Installation | undefined>;
  readonly forget: (repository: RepositoryRef) => void;
};

const REMEMBERED_MS = 300_000;
/** A thousand installations; beyond that the name has to be right. */
const PAGES = 10;
const PER_PAGE = 100;

/** Finds installations with the App's own token: by the repository's name, else by its owner's id. */
export function createInstallations({
  request,
  clock,
}: {
  readonly request: GitHubRequest;
  readonly clock: Pick<Clock, 'now'>;
}): Installations {
  const found = new Map<string, { readonly installation: Promise<Installation | undefined>; readonly until: number }>();

  async function look(repository: RepositoryRef): Promise<Installation | undefined> {
    try {
      const named = await byName(repository);
      return read(named ?? (await byOwner(repository)));
    } catch (error) {
      throw githubTrouble('Looking for the installation of the GitHub App', error, clock.now());
    }
  }

  async function byName({ fullName, ownerId }: RepositoryRef): Promise<Members | undefined> {
    const [owner = '', repo = ''] = fullName?.split('/') ?? [];
    if (owner === '' || repo === '') return undefined;
    try {
      const { data } = await request('GET /repos/{owner}/{repo}/installation', { owner, repo });
      // A name may belong to somebody else by now.
      return ownerId === undefined || accountOf(data) === ownerId ? (data as Members) : undefined;
    } catch (error) {
      const { status } = failedRequest(error);
      if (status === 404 || (status !== undefined && status >= 300 && status < 400)) return undefined;
      throw error;
    }
  }

  async function byOwner({ ownerId }: RepositoryRef): Promise<Members | undefined> {
    if (ownerId === undefined) return undefined;
    for (let page = 1; page <= PAGES; page += 1) {
      const { data } = await request('GET /app/installations', { per_page: PER_PAGE, page });
      const all = Array.isArray(data) ? (data as readonly Members[]) : [];
      const match = all.find((entry) => accountOf(entry) === ownerId);
      if (match !== undefined || all.length < PER_PAGE) return match;
    }
    return undefined;
  }

  return {
    find: (repository) => {
      const known = found.get(repository.id);
      if (known !== undefined && known.until > clock.now()) return known.installation;
      const installation = look(repository);
      found.set(repository.id, { installation, until: clock.now() + REMEMBERED_MS });
      installation.catch(() => found.delete(repository.id));
      return installation;
    },
    forget: ({ id }) => found.delete(id),
  };
}

type Members = Readonly<Record<string, unknown>>;

function accountOf(installation: unknown): string {
  const { id } = ((installation as Members | null)?.account ?? {}) as Members;
  return String(id);
}

function read(installation: Members | undefined): Installation | undefined {
  if (installation === undefined || typeof installation.id !== 'number') return undefined;
  if (installation.suspended_at !== null && installation.suspended_at !== undefined) return undefined;
  return { id: installation.id, rights: (installation.permissions ?? {}) as Rights };
}
