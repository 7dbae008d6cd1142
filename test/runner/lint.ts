import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Story } from '../demo/story.ts';
import { run } from '../interop/folder.ts';
import { EXAMPLES, OURS, ROOT } from './files.ts';

/** Workflows and the inputs they hand to the Action, as the published schemas of GitHub have them. */
export async function lintWorkflows(actionlint: string, { chapter, does, check }: Story): Promise<void> {
  chapter('Workflows and action.yml are valid');
  const lint = (cwd: string, files: readonly string[]): Promise<string> =>
    run([actionlint, '-no-color', '-oneline', '-shellcheck=', '-pyflakes=', ...files], { cwd }).then(
      () => '',
      (error: Error) => error.message,
    );
  const scratch = await mkdtemp(join(tmpdir(), 'oauth-registrar-lint-'));
  try {
    // A step is held against action.yml, and action.yml against the files it names, only within one repository.
    await run(['git', 'init', '--quiet', scratch]);
    await cp(join(ROOT, 'action.yml'), join(scratch, 'action.yml'));
    await cp(join(ROOT, 'action', 'dist'), join(scratch, 'action', 'dist'), { recursive: true });
    await mkdir(join(scratch, '.github', 'workflows'), { recursive: true });
    const rewrite = async (name: string, change: (text: string) => string): Promise<string> => {
      const file = join(scratch, '.github', 'workflows', name);
      await writeFile(file, change(await readFile(join(ROOT, 'examples', name), 'utf8')));
      return file;
    };
    for (const name of EXAMPLES) {
      does(`examples/${name}`);
      check('is a valid workflow', await lint(ROOT, [join('examples', name)]), '');
      const local = await rewrite(name, (text) => text.replaceAll(`uses: ${OURS}`, 'uses: ./'));
      check('hands in only what action.yml takes, and reads only what it gives', await lint(scratch, [local]), '');
    }
    const workflows = (await readdir(join(ROOT, '.github', 'workflows'))).sort();
    for (const name of workflows) {
      does(`.github/workflows/${name}`);
      check('is a valid workflow', await lint(ROOT, [join('.github', 'workflows', name)]), '');
    }
    does('A misspelt input and a misspelt output');
    const wrong = await rewrite('e2e.yml', (text) =>
      text
        .replaceAll(`uses: ${OURS}`, 'uses: ./')
        .replace('redirect-uris:', 'redirect-urls:')
        .replace('outputs.token-endpoint', 'outputs.token-endpint'),
    );
    const said = await lint(scratch, [wrong]);
    check(
      'are found',
      [said.includes('"redirect-urls" is not defined'), said.includes('"token-endpint" is not defined')],
      [true, true],
    );
  } finally {
    await rm(scratch, { recursive: true });
  }
}
