import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { beforeEach, expect, it } from 'vitest';
import { type AuthorizationServer, startAuthorizationServer } from '../support/authorization-server.ts';
import { type Desk, openDesk } from './support/run-cli.ts';

const STATE = '.oauth-registrar.json';
const ENV_FILE = 'settings/.env.local';

let server: AuthorizationServer;

beforeEach(async () => {
  server = await startAuthorizationServer();
  return () => server.close();
});

async function deskInRepository(env?: Readonly<Record<string, string>>): Promise<Desk> {
  const desk = await openDesk(env);
  await promisify(execFile)('git', ['init', '--quiet'], { cwd: desk.folder });
  await desk.write(
    '.github/oauth-clients.yml',
    `version: 1\nclients:\n  web: { server: ${server.fhirBase('r4')}, type: confidential, metadata: { redirect_uris: ["http://localhost:3000/callback"] } }\n`,
  );
  await desk.write(ENV_FILE, '# mine\n');
  return desk;
}

const warnings = (text: string) => text.split('\n').filter((line) => line.startsWith('warning: '));
const warning = (file: string) =>
  `warning: ${file} holds secrets in the clear, and git does not ignore it. Add it to .gitignore.`;

it('warns of files with secrets that git does not ignore, until it does or they are gone', async () => {
  const desk = await deskInRepository();
  const applied = await desk.run('apply', '--env-file', ENV_FILE);
  expect(applied, applied.shown).toMatchObject({ code: 0 });
  expect(warnings(applied.stderr)).toEqual([warning(STATE), warning(ENV_FILE)]);

  await desk.write('settings/.gitignore', '.env.*\n');
  expect(warnings((await desk.run('rotate')).stderr)).toEqual([warning(STATE)]);
  await desk.write('.gitignore', `${STATE}\n`);
  expect(warnings((await desk.run('show')).stderr)).toEqual([]);

  // What is tracked is not ignored, whatever .gitignore says.
  await promisify(execFile)('git', ['add', '--force', STATE], { cwd: desk.folder });
  expect(warnings((await desk.run('show')).stderr)).toEqual([warning(STATE)]);
  const deleted = await desk.run('delete', '--all');
  expect(deleted, deleted.shown).toMatchObject({ code: 0 });
  expect(warnings(deleted.stderr)).toEqual([]);
});

it('warns when the command fails, too', async () => {
  const desk = await deskInRepository();
  const applied = await desk.run('apply', '--env-file', ENV_FILE);
  expect(applied, applied.shown).toMatchObject({ code: 0 });
  await desk.write('.github/oauth-clients.yml', 'version: 1\nclients: nothing\n');
  const failed = await desk.run('apply', '--env-file', ENV_FILE);
  expect(failed, failed.shown).toMatchObject({ code: 1 });
  expect(warnings(failed.stderr)).toEqual([warning(STATE), warning(ENV_FILE)]);
});

it('says nothing where there is no git', async () => {
  const desk = await deskInRepository({ PATH: '' });
  const applied = await desk.run('apply', '--env-file', ENV_FILE);
  expect(applied, applied.shown).toMatchObject({ code: 0 });
  expect(warnings(applied.stderr)).toEqual([]);
});
