import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Story } from '../demo/story.ts';
import { run } from '../interop/folder.ts';
import { EXAMPLES, OURS, ROOT } from './files.ts';
import { replace } from './replace.ts';

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
    const local = (text: string) => replace(text, `uses: ${OURS}`, 'uses: ./');
    for (const name of EXAMPLES) {
      does(`examples/${name}`);
      check('is a valid workflow', await lint(ROOT, [join('examples', name)]), '');
      check(
        'hands in only what action.yml takes, and reads only what it gives',
        await lint(scratch, [await rewrite(name, local)]),
        '',
      );
    }
    const workflows = (await readdir(join(ROOT, '.github', 'workflows'))).sort();
    for (const name of workflows) {
      does(`.github/workflows/${name}`);
      check('is a valid workflow', await lint(ROOT, [join('.github', 'workflows', name)]), '');
    }
    // What follows has to be found, or nothing was looked at above.
    const finds = async (words: string, file: string) =>
      check(`is found: ${words}`, (await lint(scratch, [file])).includes(words), true);
    does('A misspelt input');
    await finds(
      '"redirect-urls" is not defined',
      await rewrite('e2e.yml', (text) => replace(local(text), 'redirect-uris:', 'redirect-urls:')),
    );
    does('A misspelt output');
    await finds(
      '"token-endpint" is not defined',
      await rewrite('e2e.yml', (text) => replace(local(text), 'outputs.token-endpoint', 'outputs.token-endpint')),
    );
    const whole = await rewrite('e2e.yml', local);
    const breakAction = async (what: RegExp, by: string) =>
      writeFile(join(scratch, 'action.yml'), replace(await readFile(join(ROOT, 'action.yml'), 'utf8'), what, by));
    does('An action.yml for a runtime that GitHub does not have');
    await breakAction(/^( {2}using: )node24$/mu, '$1node25');
    await finds('node25', whole);
    does('An action.yml that names a file which is not there');
    await breakAction(/^( {2}main: ).*$/mu, '$1action/dist/missing.js');
    await finds('missing.js', whole);
  } finally {
    await rm(scratch, { recursive: true });
  }
}
