import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { environmentOf } from './job-environment.ts';

const WORKFLOW = `
on: push
jobs:
  test: {}
  clients: { needs: test, environment: production }
  staging: { environment: { name: staging } }
  clean: { needs: [test] }
`;

test('the environment is that of the jobs that start; jobs in several are not started together', async () => {
  const repository = await mkdtemp(join(tmpdir(), 'oauth-registrar-environment-'));
  try {
    await mkdir(join(repository, '.github', 'workflows'), { recursive: true });
    await writeFile(join(repository, '.github', 'workflows', 'a.yml'), WORKFLOW);
    const ask = (job?: string) =>
      environmentOf(
        { act: '/nowhere', repository, home: repository, actions: {} },
        { workflow: 'a.yml', event: 'push', payload: {}, ...(job !== undefined && { job }) },
      );
    expect(await ask('staging')).toBe('staging');
    expect(await ask('clean')).toBe('');
    await expect(ask('clients')).rejects.toThrow('a.yml: jobs in several environments (production, none)');
    await expect(ask()).rejects.toThrow('cannot start together');
  } finally {
    await rm(repository, { recursive: true });
  }
});
