import { startAuthorizationServer } from '../support/authorization-server.ts';
import { playJob } from './job.ts';
import { playNotebook } from './notebook.ts';
import { playStandalone } from './standalone.ts';
import { tellStory } from './story.ts';
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

const seconds = ((performance.now() - started) / 1000).toFixed(1);
const failures = story.failures();
console.log(
  `\n${failures === 0 ? 'All' : `${failures} of`} ${story.checks()} checks ${failures === 0 ? 'hold' : 'FAILED'}. ${seconds} s.`,
);
process.exitCode = failures === 0 ? 0 : 1;
