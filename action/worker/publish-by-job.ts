import type { ApplyAnswer, PublishedName } from '../../shared/api/worker-api.ts';
import { RegistrarError } from '../../shared/errors/registrar-error.ts';
import { credentialValue } from '../../shared/publish/credential-value.ts';
import { publicationKey } from '../../shared/publish/publish-place.ts';
import type { Publication, Sink } from '../../shared/publish/sink.ts';
import type { Event } from '../../shared/reconcile/event.ts';
import type { Work } from '../work.ts';
import { handedOut } from './worker-report.ts';

/** Where the job publishes: with `secrets-token`, which the Worker's App makes unnecessary. */
export async function openSink({
  inputs: { secretsToken, githubToken },
  context: { owner, repo, apiUrl },
  network: { fetch, clock, random, log },
}: Work): Promise<Sink> {
  if (secretsToken === undefined) {
    throw new RegistrarError('publish_forbidden', {
      message:
        'The Worker has no GitHub App in this repository, so the job has to publish, and the input secrets-token is empty.',
      hint: 'Install the GitHub App of the Worker in this repository, or give `secrets-token`: a token that may write secrets and variables.',
    });
  }
  const [{ githubRequest }, { createGitHubSink, tokenKindOf }] = await Promise.all([
    import('../github.ts'),
    import('../standalone.ts'),
  ]);
  const request = githubRequest(secretsToken, apiUrl, fetch);
  const tokenKind = tokenKindOf(secretsToken, githubToken);
  return createGitHubSink({ request, owner, repo, tokenKind, clock, random, log });
}

/**
 * Publishes what the Worker cannot, and tells it: that the names are ours, before the first of them is written, and
 * that all are written. A job that dies in between leaves nothing that the next one could take for somebody else's.
 */
export async function publishByJob({
  answer,
  sink,
  tell,
}: {
  readonly answer: ApplyAnswer;
  readonly sink: () => Promise<Sink>;
  readonly tell: (stage: 'claimed' | 'written') => Promise<void>;
}): Promise<readonly Event[]> {
  const { publish: targets, claimed = [], credentials } = answer;
  if (targets.length === 0) return [];
  const { claim, write } = await sink();
  const known = new Map(claimed.map((name) => [keyOf(name), name]));
  const wanted = targets.flatMap(({ environment, items }) =>
    items.map((item) => ({
      target: { kind: 'github' as const, ...(environment !== undefined && { environment }) },
      item,
    })),
  );
  const ours = wanted.flatMap((entry): readonly Publication[] => {
    const name = known.get(publicationKey(entry));
    if (name === undefined) return [];
    return [{ ...entry, state: 'written', at: 0, ...(name.left_at && { leftAt: Date.parse(name.left_at) }) }];
  });
  const publications = await claim({ targets, ours });
  if (ours.length < wanted.length || ours.some(({ leftAt }) => leftAt !== undefined)) await tell('claimed');
  const { client, server } = handedOut(credentials);
  const written = await Promise.allSettled(
    publications.map(async (publication) => {
      const value = credentialValue(publication.item.field, client, server);
      return value === undefined ? undefined : write(publication, value);
    }),
  );
  const failure = written.find((result) => result.status === 'rejected');
  if (failure !== undefined) throw failure.reason;
  await tell('written');
  return [{ kind: 'published', clientId: credentials.client_id, names: publications.map(labelOf) }];
}

function keyOf({ environment, kind, name }: PublishedName): string {
  const target = environment === undefined ? {} : { environment };
  return publicationKey({ target, item: { kind, name, field: 'json' } });
}

function labelOf({ target, item }: Publication): string {
  return target.environment === undefined
    ? `${item.kind} ${item.name}`
    : `${item.kind} ${item.name} (environment ${target.environment})`;
}
