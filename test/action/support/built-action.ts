import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, vi } from 'vitest';
import { type Run, type RunningAction, runMain, runPost, startMain } from '../../support/run-action.ts';
import type { RunOptions } from '../../support/runner-job.ts';

/** Where action.yml is; beside it the bundle that is committed. */
export const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

// Every step is a process of its own; on a busy machine they take their time.
vi.setConfig({ testTimeout: 90_000, hookTimeout: 90_000 });

export type Step = Partial<RunOptions> & {
  /** Content of the manifest in a checked-out repository; without it there is none. */
  readonly manifest?: string;
};

const workspaces: string[] = [];

afterAll(() => Promise.all(workspaces.splice(0).map((path) => rm(path, { recursive: true, force: true }))));

/** A checked-out repository with these files. */
export async function checkout(files: Readonly<Record<string, string>> = {}): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'checkout-'));
  workspaces.push(root);
  for (const [path, text] of Object.entries({ '.git/HEAD': 'ref: refs/heads/main\n', ...files })) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
  return root;
}

async function optionsOf({ manifest, inputs, github, ...rest }: Step): Promise<RunOptions> {
  const files = manifest === undefined ? {} : { '.github/oauth-clients.yml': manifest };
  return {
    directory: ROOT,
    workspace: await checkout(files),
    inputs: { ttl: 'job', 'insecure-loopback': 'true', ...inputs },
    // Nothing listens there: a test that asks GitHub by mistake fails.
    github: { apiUrl: 'http://127.0.0.1:9', ...github },
    ...rest,
  };
}

/** The main step, from a repository on this machine against servers on this machine. */
export async function main(step: Step): Promise<Run> {
  return await runMain(await optionsOf(step));
}

export async function beginMain(step: Step): Promise<RunningAction> {
  return await startMain(await optionsOf(step));
}

/** Main and post step of a job with nothing between them. */
export async function wholeJob(step: Step): Promise<{ readonly main: Run; readonly post: Run }> {
  const run = await main(step);
  return { main: run, post: await runPost(run) };
}

/** Titles of the annotations of one level, without the product's name. */
export function codesOf({ annotations }: Run, level: 'error' | 'warning' = 'error'): readonly string[] {
  return annotations
    .filter((annotation) => annotation.level === level)
    .map(({ title }) => (title ?? '(no title)').replace(/^oauth-registrar: /u, ''));
}

/** Everything that a person sees of a run, or that other steps may show. */
export function shownBy({ log, shownSummary, annotations }: Run): string {
  return [log, shownSummary, JSON.stringify(annotations)].join('\n');
}
