import { createRequire } from 'node:module';

type Example = { readonly name: string; readonly examples: readonly Readonly<Record<string, unknown>>[] };

/** An event of a pull request, as large as GitHub's are. */
export function closedExample(): Readonly<Record<string, unknown>> {
  const all = createRequire(import.meta.url)('@octokit/webhooks-examples') as readonly Example[];
  const found = all.find(({ name }) => name === 'pull_request')?.examples[0];
  if (found === undefined) throw new Error('there is no example of a pull request');
  return found;
}
