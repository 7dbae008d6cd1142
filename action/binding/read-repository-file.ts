import { printable } from '../../shared/errors/printable.ts';
import { RegistrarError } from '../../shared/errors/registrar-error.ts';
import { failedRequest, GITHUB_HEADERS, type GitHubRequest } from '../../shared/publish/github-request.ts';

/** A manifest is text that a person wrote; a longer file is something else. */
const LONGEST_FILE_BYTES = 1024 * 1024;

/**
 * Reads a file of the repository at the run's own commit, for jobs that check nothing out. `sha` is GITHUB_SHA: under
 * `pull_request_target` that is a commit of the base branch, so a pull request cannot hand in a manifest of its own.
 *
 * Resolves with undefined when there is no such file. Rejects with `input_invalid` for a path that leads out of the
 * repository, `answer_too_large`, and `github_failed`.
 */
export async function readRepositoryFile({
  request,
  owner,
  repo,
  path,
  sha,
}: {
  readonly request: GitHubRequest;
  readonly owner: string;
  readonly repo: string;
  /** Relative to the top of the repository. */
  readonly path: string;
  readonly sha: string;
}): Promise<string | undefined> {
  if (!/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/u.test(sha)) {
    throw new TypeError('a file is read at a commit, not at a branch or tag');
  }
  const parameters = { owner, repo, path: pathInRepository(path), ref: sha };
  const headers = { ...GITHUB_HEADERS, accept: 'application/vnd.github.raw+json' };
  try {
    const answer = await request('GET /repos/{owner}/{repo}/contents/{path}', { ...parameters, headers });
    return wholeText(path, answer);
  } catch (error) {
    if (error instanceof RegistrarError) {
      throw error;
    }
    const { status } = failedRequest(error);
    if (status === 404) {
      return undefined;
    }
    throw readingFailed(path, status === undefined ? 'gave no answer' : `answered ${status}`);
  }
}

function pathInRepository(path: string): string {
  const parts = path.split('/').filter((part) => part !== '.' && part !== '');
  if (path.startsWith('/') || path.includes('\\') || parts.length === 0 || parts.includes('..')) {
    throw new RegistrarError('input_invalid', {
      message: `The input \`manifest\` is no path inside the repository: ${printable(path, 100)}`,
      hint: 'Give the path from the top of the repository, such as .github/oauth-clients.yml.',
    });
  }
  return parts.join('/');
}

// A folder is answered with a list; a body that was cut off reaches us as empty text.
function wholeText(path: string, { data, headers }: Awaited<ReturnType<GitHubRequest>>): string | undefined {
  if (typeof data !== 'string' && !(data instanceof ArrayBuffer)) {
    return undefined;
  }
  const text = typeof data === 'string' ? data : new TextDecoder().decode(data);
  if (text.length > LONGEST_FILE_BYTES) {
    throw new RegistrarError('answer_too_large', {
      message: `${printable(path)} in the repository is longer than 1 MiB, so it is no manifest.`,
      hint: 'Check the input `manifest`.',
    });
  }
  if (text === '' && headers['content-length']?.toString() !== '0') {
    throw readingFailed(path, 'cut its answer off');
  }
  return text;
}

function readingFailed(path: string, reason: string): RegistrarError {
  return new RegistrarError('github_failed', {
    message: `${printable(path)} could not be read from the repository: GitHub ${reason}.`,
    hint: 'Give the job `permissions: contents: read`, or check the repository out before this step.',
  });
}
