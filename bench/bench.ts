import { bundleSize } from './bundle-size.ts';
import { dueWork } from './due-work.ts';
import type { Measurement } from './figure.ts';
import { githubCalls } from './github-calls.ts';
import { jobOnlyClient } from './job-only-client.ts';
import { manyClients } from './many-clients.ts';
import { previewLife } from './preview-life.ts';
import { print } from './print.ts';
import { start } from './start.ts';
import { unchangedApply } from './unchanged-apply.ts';
import { unchangedDeploy } from './unchanged-deploy.ts';
import { webhookRoute } from './webhook-route.ts';

// The runtime would ask the network for what nothing here needs.
process.env.CLOUDFLARE_CF_FETCH_ENABLED = 'false';
process.env.WRANGLER_SEND_METRICS = 'false';

const MEASUREMENTS: readonly Measurement[] = [
  bundleSize,
  start,
  jobOnlyClient,
  unchangedDeploy,
  manyClients,
  githubCalls,
  webhookRoute,
  unchangedApply,
  previewLife,
  dueWork,
];

for (const measure of MEASUREMENTS) print(await measure());
