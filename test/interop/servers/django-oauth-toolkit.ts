import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { startBehindFront } from '../behind-front.ts';
import { folder, run } from '../folder.ts';
import { pythonPackages } from '../python.ts';
import type { Candidate, HeldClient, RunningServer } from '../server.ts';
import { signInByForms } from '../sign-in.ts';

const NAME = 'django-oauth-toolkit';
const VERSION = '3.4.1';
const PACKAGES = [`${NAME}==${VERSION}`, 'django==5.2.19', 'oauthlib==4.0.1', 'gunicorn==27.0.1'];
const PERSON = { username: 'person', password: 'person' };
const PROJECT = fileURLToPath(new URL(`${NAME}/`, import.meta.url));

export const djangoOAuthToolkit: Candidate = {
  title: 'Django OAuth Toolkit',
  install: async () => {
    const bin = await pythonPackages(NAME, PACKAGES);
    return typeof bin === 'string' ? { version: VERSION, start: () => start(bin) } : bin;
  },
};

async function start(bin: string): Promise<RunningServer> {
  const database = join(await folder('data'), `${NAME}.sqlite`);
  await rm(database, { force: true });
  const env = {
    DATABASE: database,
    SECRET: randomBytes(32).toString('base64url'),
    DJANGO_SETTINGS_MODULE: 'settings',
    PYTHONPATH: PROJECT,
    PYTHONDONTWRITEBYTECODE: '1',
  };
  await run([join(bin, 'django-admin'), 'migrate', '--verbosity', '0'], { cwd: PROJECT, env });
  await run([join(bin, 'django-admin'), 'createsuperuser', '--noinput', '--username', PERSON.username], {
    cwd: PROJECT,
    env: { ...env, DJANGO_SUPERUSER_PASSWORD: PERSON.password, DJANGO_SUPERUSER_EMAIL: 'person@example.org' },
  });
  return await startBehindFront(async ({ origin, port, run }) => {
    await run({
      command: [
        ...[join(bin, 'gunicorn'), '--workers', '1', '--threads', '4', '--bind', `127.0.0.1:${port}`],
        'django.core.wsgi:get_wsgi_application()',
      ],
      cwd: PROJECT,
      env,
      ready: `http://127.0.0.1:${port}/.well-known/oauth-authorization-server`,
    });
    return {
      address: origin,
      grants: {
        codeFlow: { signIn: signInByForms({ ...PERSON, allow: 'Authorize' }) },
        clientCredentials: { why: 'an application has one grant' },
      },
      clients: async () => readBooks(database),
    };
  });
}

function readBooks(file: string): readonly HeldClient[] {
  const books = new DatabaseSync(file, { readOnly: true });
  const rows = books.prepare('SELECT client_id, name, redirect_uris FROM oauth2_provider_application').all();
  books.close();
  return rows.map((row) => ({
    clientId: String(row.client_id),
    name: String(row.name),
    redirectUris: String(row.redirect_uris)
      .split(/\s+/u)
      .filter((uri) => uri !== ''),
  }));
}
