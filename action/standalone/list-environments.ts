import { refused, type StateCalls } from './state-calls.ts';
import { environmentOf, STATE_PREFIXES } from './state-ref.ts';

/** The environments of which state is kept, sorted. Rejects with a RegistrarError: `github_failed`, `rate_limited`. */
export async function listEnvironments(calls: StateCalls): Promise<readonly string[]> {
  const lists = await Promise.all(STATE_PREFIXES.map((prefix) => refsUnder(calls, prefix)));
  const environments = lists.flat().map(environmentOf);
  return [...new Set(environments.filter((environment) => environment !== undefined))].sort();
}

async function refsUnder(calls: StateCalls, prefix: string): Promise<readonly string[]> {
  const outcome = await calls.patiently(
    {
      route: 'GET /repos/{owner}/{repo}/git/matching-refs/{ref}',
      parameters: { ref: prefix.slice('refs/'.length) },
      whole: Array.isArray,
    },
    'github_failed',
  );
  if (outcome.kind === 'refused') {
    if (outcome.status === 404 || outcome.status === 409) {
      return [];
    }
    throw refused('github_failed', outcome);
  }
  return (outcome.data as readonly { readonly ref?: unknown }[]).map(({ ref }) => (typeof ref === 'string' ? ref : ''));
}
