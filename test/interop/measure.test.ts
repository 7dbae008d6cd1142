import { afterEach, expect, test, vi } from 'vitest';
import { type Story, tellStory } from '../demo/story.ts';
import { startAuthorizationServer } from '../support/authorization-server.ts';
import { measure } from './measure.ts';
import { reportOf } from './report.ts';
import type { Candidate, RunningServer } from './server.ts';

const PERMISSIONS = { systemPackages: false };
const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

function silent(): Story {
  vi.spyOn(console, 'error').mockReturnValue();
  return tellStory(() => undefined);
}

function candidate(start: () => Promise<RunningServer>): Candidate {
  return { title: 'A server', install: async () => ({ version: '1.2.3', start }) };
}

test('a row has what was found before a journey broke off, why, and nothing secret', async () => {
  const server = await startAuthorizationServer();
  closing.push(server.close);
  const token = 'canary-0123456789-abcdefghij';
  const outcome = await measure(
    candidate(async () => ({
      address: server.issuer,
      traffic: server,
      clients: async () => {
        throw new Error(`the books cannot be read with ${token}\nand more`);
      },
      close: async () => undefined,
    })),
    PERMISSIONS,
    silent(),
  );
  expect(outcome).toMatchObject({
    kind: 'measured',
    version: '1.2.3',
    findings: { register: 'yes (201)', read: 'yes (200)', update: 'yes (200)', remove: 'yes (204)' },
    brokeOff: 'one client by hand: the books cannot be read with …',
    // One client by hand, the Action, the Worker.
    failures: 3,
  });
});

test('a server that does not start fails, and is stopped no more', async () => {
  const outcome = await measure(
    candidate(async () => {
      throw new Error('the port is taken');
    }),
    PERMISSIONS,
    silent(),
  );
  expect(outcome).toMatchObject({ kind: 'measured', brokeOff: 'the start: the port is taken', failures: 1 });
  expect(reportOf([outcome], { stale: [], seconds: 1 }).holds).toBe(false);
});

test('a server that cannot be installed is skipped, said so and never passed', async () => {
  const broken: Candidate = {
    title: 'A server',
    install: async () => {
      throw new Error('npm ended with 1: no network\nand more');
    },
  };
  const outcome = await measure(broken, PERMISSIONS, silent());
  expect(outcome).toMatchObject({
    kind: 'missing',
    missing: { why: 'it could not be installed: npm ended with 1: no network' },
  });
  const { lines, holds } = reportOf([outcome], { stale: [], seconds: 1 });
  expect(lines).toContain('SKIPPED, not tested: A server: it could not be installed: npm ended with 1: no network');
  expect(lines.at(-1)).toBe('NOTHING was measured; 1 SKIPPED: A server');
  expect(holds).toBe(false);
});
