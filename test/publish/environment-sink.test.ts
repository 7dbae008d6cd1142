import { expect, it } from 'vitest';
import { withEnvironments } from '../../shared/publish/environment-sink.ts';
import type { GitHubSink } from '../../shared/publish/github-sink.ts';
import type { Publication } from '../../shared/publish/sink.ts';

const publication = (name: string, more: Partial<Publication> = {}): Publication => ({
  target: { kind: 'github', environment: 'pr-7' },
  item: { kind: 'secret', name, field: 'client_secret' },
  state: 'written',
  at: 0,
  environmentMadeByUs: true,
  ...more,
});

function scene(published: readonly Publication[]) {
  const calls: string[] = [];
  const inner: GitHubSink = {
    claim: async () => {
      calls.push('claim');
      return [];
    },
    write: async (given) => {
      calls.push(`write ${given.item.name}`);
      return given;
    },
    erase: async ({ item }) => {
      calls.push(`erase ${item.name}`);
    },
    eraseEnvironment: async (environment) => {
      calls.push(`erase environment ${environment}`);
      return true;
    },
  };
  return { calls, sink: withEnvironments(inner, published) };
}

it('an environment goes with the last name that is in it', async () => {
  const names = [publication('A'), publication('B')];
  const { calls, sink } = scene([...names, publication('C', { target: { kind: 'github', environment: 'pr-8' } })]);
  for (const name of names) await sink.erase(name);
  expect(calls).toEqual(['erase A', 'erase B', 'erase environment pr-7']);
});

it('an environment that was there before stays, and so does the repository', async () => {
  const { environmentMadeByUs: _, ...found } = publication('A');
  const { calls, sink } = scene([found]);
  await sink.erase(found);
  await sink.erase(publication('B', { target: { kind: 'github' } }));
  expect(calls).toEqual(['erase A', 'erase B']);
});

it('nothing else about the sink changes', async () => {
  const { calls, sink } = scene([]);
  await sink.claim({ targets: [], ours: [] });
  await sink.write(publication('A'), 'value');
  expect(calls).toEqual(['claim', 'write A']);
});
