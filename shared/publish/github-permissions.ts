import { printable } from '../errors/printable.ts';
import { RegistrarError } from '../errors/registrar-error.ts';
import type { GitHubAnswer } from './github-calls.ts';
import { describeTarget, type Place } from './publish-place.ts';
import type { TokenKind } from './token-kind.ts';

/** What a token must be allowed: `app` is the name in the API of GitHub Apps, `page` the one on GitHub's pages. */
export type Permission = { readonly app: string; readonly page: string; readonly access: 'read' | 'write' };

/** The permissions that publishing needs. */
export const PERMISSIONS = {
  secrets: { app: 'secrets', page: 'Secrets', access: 'write' },
  variables: { app: 'actions_variables', page: 'Variables', access: 'write' },
  /** Secrets and variables of an environment, but not making one. */
  environments: { app: 'environments', page: 'Environments', access: 'write' },
  /** Making an environment. */
  administration: { app: 'administration', page: 'Administration', access: 'write' },
  /** Seeing which environments there are. */
  actions: { app: 'actions', page: 'Actions', access: 'read' },
} as const satisfies Record<string, Permission>;

/** What to do about a token that can never write secrets or variables. */
const JOB_TOKEN_HINT =
  'Give `secrets-token`: a token of a GitHub App or a fine-grained personal access token. No `permissions:` entry of a workflow lets the job’s own token write secrets, variables or environments.';

/** What GitHub says it wants, such as `secrets=write; metadata=read`; anything else in its place is not shown. */
const ACCEPTED = /^[a-z_]{1,40}=[a-z]{1,10}(?:[,;] ?[a-z_]{1,40}=[a-z]{1,10}){0,9}$/;

/** The permission that writing to a place takes. */
export function permissionFor(place: Place): Permission {
  if (place.environment !== undefined) {
    return PERMISSIONS.environments;
  }
  return place.kind === 'secret' ? PERMISSIONS.secrets : PERMISSIONS.variables;
}

/** A repository and the token that is used on it. */
export type Access = { readonly owner: string; readonly repo: string; readonly tokenKind: TokenKind | (string & {}) };

/**
 * The `publish_forbidden` for a 401, 403 or 404: which permission is missing for what, and where this kind of token
 * gets it. GitHub's own `x-accepted-github-permissions` is shown when it came.
 */
export function forbidden(
  access: Access,
  refused: {
    /** Such as `write secrets of repository acme/app`. */
    readonly what: string;
    readonly permission: Permission;
    readonly answer: Pick<GitHubAnswer, 'status' | 'header'>;
  },
): RegistrarError {
  const { what, permission, answer } = refused;
  if (answer.status === 401) {
    return new RegistrarError('publish_forbidden', {
      message: `GitHub does not accept the token that is to ${what} (401): it has expired, was revoked or is cut off.`,
      hint: 'Give a valid token as `secrets-token`.',
    });
  }
  if (access.tokenKind === 'job') {
    return jobTokenForbidden(what);
  }
  const wanted = ACCEPTED.exec(answer.header('x-accepted-github-permissions') ?? '')?.[0];
  return new RegistrarError('publish_forbidden', {
    message: `The token may not ${what}: GitHub answered ${answer.status}${wanted === undefined ? '' : ` and wants ${wanted}`}.`,
    hint: permissionHint(access, permission),
  });
}

/** The `publish_forbidden` of the job's own token, for which GitHub need not be asked. */
export function jobTokenForbidden(what: string): RegistrarError {
  return new RegistrarError('publish_forbidden', {
    message: `The job’s own token cannot ${what}.`,
    hint: JOB_TOKEN_HINT,
  });
}

/** `write secrets of repository acme/app`. */
export function writing(place: Place, access: Access): string {
  return `write ${place.kind}s of ${describeTarget(place, access)}`;
}

function permissionHint({ owner, repo, tokenKind }: Access, { app, page, access }: Permission): string {
  const repository = printable(`${owner}/${repo}`);
  const onPage = `“${page}: ${access === 'write' ? 'Read and write' : 'Read-only'}”`;
  switch (tokenKind) {
    case 'app':
      return `Give the GitHub App the repository permission ${onPage} (\`${app}: ${access}\`), accept it in the installation, and check that ${repository} is among its repositories and that the token was made with it.`;
    case 'fine-grained':
      return `Give the fine-grained personal access token the repository permission ${onPage} and check that ${repository} is among its repositories.`;
    case 'classic':
      return `Give the classic personal access token the scope \`repo\`, from someone who administers ${repository}; or use a fine-grained one with ${onPage}.`;
    default:
      return `Give \`secrets-token\` a token with the repository permission ${onPage} (GitHub App: \`${app}: ${access}\`) for ${repository}.`;
  }
}
