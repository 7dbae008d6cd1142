import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createEnvFileSink } from '../../cli/env-file-sink.ts';
import type { Publication } from '../../shared/publish/sink.ts';

it('leaves the file as it is when a value cannot be written', async ({ onTestFinished }) => {
  const folder = await mkdtemp(join(tmpdir(), 'env-file-sink-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const sink = createEnvFileSink(folder, { now: () => 0, sleep: async () => {} });
  const publication = {
    target: { kind: 'github', environment: 'file' },
    item: { kind: 'secret', name: 'NAME', field: 'client_secret' },
    state: 'claimed',
    at: 0,
  } satisfies Publication;
  const refused = { code: 'publish_failed', message: expect.stringContaining('It was not written') };

  await expect(sink.write(publication, "a'$(touch made)")).rejects.toMatchObject(refused);
  expect(await readdir(folder)).toEqual([]);

  await sink.write(publication, '$(touch made)');
  await expect(sink.write(publication, "a'$(touch made)")).rejects.toMatchObject(refused);
  expect(await readFile(join(folder, 'file'), 'utf8')).toBe("NAME='$(touch made)'\n");
});
