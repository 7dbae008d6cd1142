import { startAuthorizationServer } from '../support/authorization-server.ts';
import { playJob } from './job.ts';
import { playNotebook } from './notebook.ts';
import { playStandalone } from './standalone.ts';
import { tellStory } from './story.ts';
import { verdictOn } from './verdict.ts';
import { playWorker } from './worker.ts';

// The runtime would ask the network for what it needs nothing of.
process.env.CLOUDFLARE_CF_FETCH_ENABLED = 'false';
const started = performance.now();
const story = tellStory((line) => console.log(line));
const server = await startAuthorizationServer({ rotate: 'update' });

console.log('OAuth clients for every deploy, that clean up after themselves.');
console.log(`\nA real authorization server runs on this machine (${server.issuer}),`);
console.log('behind the address of a FHIR server. Each ✓ was checked against its own books.');
try {
  await playJob(server, story);
  await playNotebook(server, story);
  await playStandalone(server, story);
  await playWorker(server, story);
} finally {
  await server.close();
}

const { text, holds } = verdictOn(story, { skipped: 0, seconds: (performance.now() - started) / 1000 });
console.log(`\n${text}`);
process.exitCode = holds ? 0 : 1;
