import { failure, notFound, type Permission, type Reply } from './reply.ts';
import type { Repository } from './world.ts';

export type TokenKind = 'job' | 'fine-grained' | 'app' | 'classic';

export type Token = {
  readonly kind: TokenKind;
  /** By GitHub's permission names (`contents`, `secrets`, `pull-requests`, …); of a classic token, its scopes. */
  readonly permissions: Readonly<Record<string, 'read' | 'write'>>;
  /** The repository is not among those the token was made for. */
  readonly otherRepository?: boolean;
};

/** What `permissions:` in a workflow can say: a job's token never has more. */
const JOB_PERMISSIONS = new Set([
  'actions',
  'artifact_metadata',
  'attestations',
  'checks',
  'contents',
  'deployments',
  'discussions',
  'id_token',
  'issues',
  'models',
  'packages',
  'pages',
  'pull_requests',
  'security_events',
  'statuses',
]);

/** Null when the token may do it, else GitHub's refusal. */
export function refusal(token: Token, repository: Repository, needs: Permission, open: boolean): Reply | null {
  if (open && !repository.private) {
    return null;
  }
  if (token.otherRepository === true) {
    return repository.private ? notFound() : forbidden(token.kind, needs);
  }
  if (token.kind === 'classic') {
    const scopes = Object.keys(token.permissions);
    if (scopes.includes('repo') || (!repository.private && scopes.includes('public_repo'))) {
      return null;
    }
    return repository.private ? notFound() : failure(403, 'Must have admin rights to Repository.');
  }
  return grants(token, needs) ? null : forbidden(token.kind, needs);
}

/** Value of `X-Accepted-GitHub-Permissions`. */
export const accepted = (needs: Permission): string => `${wireName(needs.name)}=${needs.access}`;

function grants(token: Token, needs: Permission): boolean {
  if (needs.name === 'metadata') {
    return true;
  }
  if (token.kind === 'job' && !JOB_PERMISSIONS.has(needs.name)) {
    return false;
  }
  return Object.entries(token.permissions).some(
    ([name, access]) => canonical(name) === needs.name && (access === 'write' || needs.access === 'read'),
  );
}

function forbidden(kind: TokenKind, needs: Permission): Reply {
  const bearer = kind === 'fine-grained' ? 'personal access token' : 'integration';
  return failure(403, `Resource not accessible by ${bearer}`, { 'x-accepted-github-permissions': accepted(needs) });
}

function canonical(name: string): string {
  const plain = name.replaceAll('-', '_');
  return plain === 'actions_variables' ? 'variables' : plain;
}

function wireName(name: string): string {
  return name === 'variables' ? 'actions_variables' : name;
}
