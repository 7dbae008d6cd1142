import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Run, runMain } from '../test/support/run-action.ts';

/** Where action.yml and the built bundle are. */
export const ACTION = fileURLToPath(new URL('..', import.meta.url));

export const MANIFEST = 'oauth-clients.yml';

type Env = Readonly<Record<string, string>>;

/** A repository with a manifest, and the inputs of a step that uses it. */
export type Checkout = {
  readonly workspace: string;
  readonly inputs: Readonly<Record<string, string>>;
  readonly remove: () => Promise<void>;
};

export async function checkoutWith(manifest: string): Promise<Checkout> {
  const workspace = await mkdtemp(join(tmpdir(), 'bench-'));
  await writeFile(join(workspace, MANIFEST), manifest);
  return {
    workspace,
    inputs: { manifest: MANIFEST, 'insecure-loopback': 'true' },
    remove: () => rm(workspace, { recursive: true, force: true }),
  };
}

/** Runs the main step for all clients of the manifest. */
export async function apply({ workspace, inputs }: Checkout, env: Env): Promise<Run> {
  return succeeded(await runMain({ directory: ACTION, workspace, inputs, env }));
}

/**
 * The same step with nothing to do: it loads the bundle, reads inputs and manifest, checks the manifest, and ends
 * because the one client that is selected is not in it.
 */
export async function applyNothing({ workspace, inputs }: Checkout, env: Env): Promise<Run> {
  return endedEarly(await runMain({ directory: ACTION, workspace, inputs: { ...inputs, ...NOBODY }, env }));
}

export const NOBODY = { clients: 'nobody' };

/** A run that fails is not a measurement. */
export function succeeded(run: Run): Run {
  if (run.conclusion === 'failure') throw new Error(`the step failed:\n${run.log}`);
  return run;
}

export function endedEarly(run: Run): Run {
  if (!run.log.includes('has no client nobody')) throw new Error(`the step did not end where it should:\n${run.log}`);
  return run;
}
