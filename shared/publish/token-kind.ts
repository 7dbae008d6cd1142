/** Kinds of GitHub tokens, as far as they differ in how a person gives them a permission. */
export type TokenKind =
  /** The job's own `GITHUB_TOKEN`. */
  | 'job'
  /** An installation token of a GitHub App. */
  | 'app'
  /** A fine-grained personal access token. */
  | 'fine-grained'
  /** A classic personal access token. */
  | 'classic'
  /** A token of an OAuth app or of a user of a GitHub App. */
  | 'user'
  | 'unknown';

/**
 * The kind of a token, by GitHub's prefixes; the job's own looks like an App's and is told by comparing.
 *
 * https://github.blog/engineering/platform-security/behind-githubs-new-authentication-token-formats/
 */
export function tokenKindOf(token: string, jobToken?: string): TokenKind {
  if (token === jobToken) {
    return 'job';
  }
  if (token.startsWith('ghs_')) {
    return 'app';
  }
  if (token.startsWith('github_pat_')) {
    return 'fine-grained';
  }
  if (token.startsWith('ghp_')) {
    return 'classic';
  }
  return /^gh[ou]_/.test(token) ? 'user' : 'unknown';
}
