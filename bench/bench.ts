import { bundleSize } from './bundle-size.ts';
import type { Measurement } from './figure.ts';
import { githubCalls } from './github-calls.ts';
import { jobOnlyClient } from './job-only-client.ts';
import { manyClients } from './many-clients.ts';
import { start } from './start.ts';
import { unchangedDeploy } from './unchanged-deploy.ts';

const MEASUREMENTS: readonly Measurement[] = [
  bundleSize,
  start,
  jobOnlyClient,
  unchangedDeploy,
  manyClients,
  githubCalls,
];

for (const measure of MEASUREMENTS) {
  const { title, lines, figures } = await measure();
  console.log(`\n${title}`);
  for (const line of lines) console.log(`  ${line}`);
  for (const { name, value, target, holds } of figures) {
    console.log(`  ${holds ? '✓' : '✗'} ${name}: ${value} (target: ${target})`);
  }
}
