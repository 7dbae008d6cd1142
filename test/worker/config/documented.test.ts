import { expect, test } from 'vitest';
import { read } from '../../repository/files.ts';
import { sampleConfig } from './sample-env.ts';

/** The indented JSON of the manual, with something in place of the secrets that are left out. */
const examples = [...read('docs/worker-policy.md').matchAll(/^ {4}[[{]$[\s\S]*?^ {4}[\]}]$/gmu)].map(([text]) =>
  text.replaceAll('…', 'secret'),
);

test('the examples of the manual can be used', async () => {
  const [servers, policy, ...others] = examples;
  expect(others).toEqual([]);
  const config = await sampleConfig({ SERVERS: servers, POLICY: policy });
  expect(config.servers.map(({ name }) => name)).toEqual(['ehr', 'bulk']);
  expect(config.policy.repositories.map(({ id }) => id)).toEqual(['2002', '2003']);
});
