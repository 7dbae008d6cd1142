import { expect, it } from 'vitest';
import { publishByJob } from '../../../action/worker/publish-by-job.ts';
import type { ApplyAnswer, PublishedName } from '../../../shared/api/worker-api.ts';
import type { Publication, Sink } from '../../../shared/publish/sink.ts';
import { SECRET, target } from '../../reconcile/build.ts';

/** What happened, in order, when the Worker said this of the one name; and what was claimed as ours. */
async function published(claimed: readonly Omit<PublishedName, 'kind' | 'name'>[]) {
  const done: string[] = [];
  const claims: Publication[] = [];
  const sink: Sink = {
    claim: async ({ ours }) => {
      done.push('claim');
      claims.push(...ours);
      return [{ target: { kind: 'github' }, item: SECRET, state: 'claimed', at: 0 }];
    },
    write: async (publication) => {
      done.push('write');
      return publication;
    },
    erase: async () => {},
  };
  const answer = {
    publish: [target(SECRET)],
    claimed: claimed.map((name) => ({ ...name, kind: 'secret', name: SECRET.name })),
    credentials: { client_id: 'a', client_secret: 's', edition: 'a#1' },
  } as unknown as ApplyAnswer;
  await publishByJob({ answer, sink: async () => sink, tell: async (stage) => void done.push(stage) });
  return { done, leftAt: claims.map(({ leftAt }) => leftAt) };
}

it.each([
  ['is new', [], { done: ['claim', 'claimed', 'write', 'written'], leftAt: [] }],
  ['is ours', [{}], { done: ['claim', 'write', 'written'], leftAt: [undefined] }],
  [
    'was left',
    [{ left_at: '1970-01-01T00:00:07.000Z' }],
    { done: ['claim', 'claimed', 'write', 'written'], leftAt: [7_000] },
  ],
])('before it writes under a name that %s, the Worker knows whose it is', async (_what, claimed, expected) => {
  expect(await published(claimed)).toEqual(expected);
});
