import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from '../interop/folder.ts';
import { type Ended, runWorkflow, type WorkflowRun } from './act.ts';
import { EXAMPLES, MANIFEST, OURS, ROOT } from './files.ts';
import { environmentOf } from './job-environment.ts';

const REPOSITORY = fileURLToPath(new URL('repository/', import.meta.url));
const ACTIONS = fileURLToPath(new URL('actions/', import.meta.url));

export type Deployed = { readonly what: string; readonly clientId: string; readonly clientSecret: string };

/** The repository of an app that has the examples as they are, and the Action as a release has it. */
export type AppRepository = {
  readonly start: (act: string, run: WorkflowRun) => Promise<Ended>;
  /** The GitHub environment of its jobs; empty for none. */
  readonly environmentOf: (act: string, run: WorkflowRun) => Promise<string>;
  /** What the app's own deploy script was handed, so far. */
  readonly deployed: () => Promise<readonly Deployed[]>;
  readonly remove: () => Promise<void>;
};

type Change = (text: string) => string;

/** The workflows are never changed; the manifest and action.yml only where a scene says how. */
export async function makeAppRepository({
  manifest = (text) => text,
  action = (text) => text,
}: {
  readonly manifest?: Change;
  readonly action?: Change;
} = {}): Promise<AppRepository> {
  const scratch = await mkdtemp(join(tmpdir(), 'oauth-registrar-runner-'));
  const [checkout, published] = [join(scratch, 'app'), join(scratch, 'published')];
  const sha = await commitExamples(checkout, manifest);
  await cp(join(ROOT, 'action', 'dist'), join(published, 'action', 'dist'), { recursive: true });
  await writeFile(join(published, 'action.yml'), action(await readFile(join(ROOT, 'action.yml'), 'utf8')));
  const actions = { [OURS]: published, ...(await standIns()) };
  const place = { repository: checkout, home: join(scratch, 'home'), actions };
  return {
    start: (act, workflowRun) =>
      runWorkflow(
        { act, ...place },
        {
          ...workflowRun,
          env: { SHA_REF: sha, CHECKOUT_FROM: checkout, DEPLOYED: join(scratch, 'deployed'), ...workflowRun.env },
        },
      ),
    environmentOf: (act, workflowRun) => environmentOf({ act, ...place }, workflowRun),
    deployed: async () =>
      (await readFile(join(scratch, 'deployed'), 'utf8').catch(() => ''))
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => {
          const [what = '', clientId = '', clientSecret = ''] = line.split(' ');
          return { what, clientId, clientSecret };
        }),
    remove: () => rm(scratch, { recursive: true }),
  };
}

/** One commit with the examples, the manifest and what an app has: its name. */
async function commitExamples(checkout: string, manifest: Change): Promise<string> {
  await cp(REPOSITORY, checkout, { recursive: true });
  await mkdir(join(checkout, '.github', 'workflows'), { recursive: true });
  const example = (name: string) => join(ROOT, 'examples', name);
  await writeFile(join(checkout, '.github', MANIFEST), manifest(await readFile(example(MANIFEST), 'utf8')));
  for (const name of EXAMPLES) await cp(example(name), join(checkout, '.github', 'workflows', name));
  const git = (...args: readonly string[]) => run(['git', '-C', checkout, ...args]);
  await git('init', '--quiet', '--initial-branch=main');
  await git('add', '--all');
  await git('-c', 'user.name=Dev', '-c', 'user.email=dev@example.org', 'commit', '--quiet', '--message=Begin');
  return (await git('rev-parse', 'HEAD')).trim();
}

/** Actions of GitHub's own that the examples use, at the commit they name: folders with what stands in for them. */
async function standIns(): Promise<Readonly<Record<string, string>>> {
  const texts = await Promise.all(EXAMPLES.map((name) => readFile(join(ROOT, 'examples', name), 'utf8')));
  const used = texts.flatMap((text) => [...text.matchAll(/uses: (actions\/([\w-]+)@\w+)/gu)]);
  return Object.fromEntries(used.map(([, reference = '', name = '']) => [reference, join(ACTIONS, name)]));
}
