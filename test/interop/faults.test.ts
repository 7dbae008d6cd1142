import { afterAll, beforeAll, expect, test } from 'vitest';
import { tellStory } from '../demo/story.ts';
import { type Spoiling, spoilAnswers } from './faults.ts';
import type { RunningServer } from './server.ts';
import { embedded } from './servers/embedded.ts';

const LOST: Spoiling = { name: 'no answer', fault: { kind: 'lose_answer' }, method: 'DELETE', owner: 'permanent' };
let server: RunningServer;
beforeAll(async () => {
  const installed = await embedded[0]?.install({ systemPackages: false });
  if (installed === undefined || 'why' in installed) throw new Error('there is no server');
  server = await installed.start();
});
afterAll(() => server.close());

test('an answer counts as spoiled where one was', async () => {
  const story = tellStory(() => undefined);
  expect(await spoilAnswers(server, story, [LOST])).toMatchObject({ faults: 1, leftAtServer: 0, unaccounted: 0 });
  expect([story.checks(), story.failures()]).toEqual([1, 0]);
});

test('a fault that never came, or a deploy before it that failed, is a failure', async () => {
  const lines: string[] = [];
  const story = tellStory((line) => lines.push(line));
  const inert = { ...server.traffic, interfere: () => server.traffic.interfere({ path: '/nowhere', do: LOST.fault }) };
  expect(await spoilAnswers({ ...server, traffic: inert }, story, [LOST])).toMatchObject({ faults: 0 });
  expect(lines).toContain('        seen     {"prepared":true,"spoiled":0,"unaccounted":0}');
  await spoilAnswers({ ...server, address: `${server.address}/nowhere` }, story, [LOST]);
  expect(lines).toContain('        seen     {"prepared":false,"spoiled":0,"unaccounted":0}');
  expect(story.failures()).toBe(2);
});
