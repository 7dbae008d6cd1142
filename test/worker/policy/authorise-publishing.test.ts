import { expect, test } from 'vitest';
import type { PublishTarget } from '../../../shared/manifest/desired.ts';
import { authorisePublishing } from '../../../worker/policy/authorise-publishing.ts';
import { POLICY, sampleConfig } from '../config/sample-env.ts';
import { pullRequestRun, pushOf } from './sample-identity.ts';

const to = (environment?: string): PublishTarget => ({
  kind: 'github',
  ...(environment !== undefined && { environment }),
  createEnvironment: false,
  items: [],
});

test('a preview publishes to the repository and to its own environment', async () => {
  const { policy } = await sampleConfig();
  const question = { identity: pullRequestRun(42), environment: 'pr-42', policy };
  expect(authorisePublishing(question, [])).toBeUndefined();
  expect(authorisePublishing(question, [to(), to('pr-42')])).toBeUndefined();
});

test('a preview plants nothing in production', async () => {
  const { policy } = await sampleConfig();
  const question = { identity: pullRequestRun(42), environment: 'pr-42', policy };
  expect(authorisePublishing(question, [to(), to('production')])).toEqual({
    kind: 'denied',
    reason: 'The manifest publishes to the GitHub environment production, which this run does not reach.',
    hint: expect.stringMatching(/^Publish to the GitHub environment pr-42 or to the repository\. For a preview, /u),
  });
  expect(authorisePublishing(question, [to('PR-42')])).toMatchObject({ kind: 'denied' });
});

test('a run publishes to every environment that it reaches', async () => {
  const environments = { preview: { allow: [{ event: 'pull_request' }] } };
  const { policy } = await sampleConfig({ POLICY: JSON.stringify({ ...POLICY, environments }) });
  expect(
    authorisePublishing({ identity: pullRequestRun(42), environment: 'pr-42', policy }, [to('preview')]),
  ).toBeUndefined();
  expect(
    authorisePublishing({ identity: pushOf('main'), environment: 'staging', policy }, [to('production')]),
  ).toBeUndefined();
});
