import { mkdtemp, rm, watch, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { runWorkflow } from './act.ts';

const scratch: string[] = [];
afterEach(async () => {
  for (const path of scratch.splice(0)) await rm(path, { recursive: true });
});

/** A program in place of act. */
async function placeWith(program: string) {
  const home = await mkdtemp(join(tmpdir(), 'oauth-registrar-act-'));
  scratch.push(home);
  const act = join(home, 'act');
  await writeFile(act, program, { mode: 0o700 });
  return { act, repository: home, home, actions: {} };
}

const RUN = { workflow: 'a.yml', event: 'push', payload: {} };

test('the exit code and the log are those of act', async () => {
  const place = await placeWith('#!/bin/sh\necho out; echo problem >&2; exit 3\n');
  const { exitCode, log } = await runWorkflow(place, RUN);
  expect(exitCode).toBe(3);
  expect(log).toContain('out\n');
  expect(log).toContain('problem\n');
});

test('at the limit act ends with the steps that it has started', async () => {
  // As act does, in a session of its own. It keeps the pipes open: the run is over only when the step is.
  const place = await placeWith(`#!/usr/bin/env node
    require('node:child_process').spawn('sleep', ['1000'], { detached: true, stdio: 'inherit' });
    require('node:fs').writeFileSync('started', '');
  `);
  const limit = new AbortController();
  const changes = watch(place.home);
  const run = runWorkflow(place, RUN, limit.signal);
  for await (const { filename } of changes) if (filename === 'started') break;
  limit.abort();
  expect(await run).toEqual({ exitCode: -1, log: '' });
});
