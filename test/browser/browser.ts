import { tellStory } from '../demo/story.ts';
import { verdictOn } from '../demo/verdict.ts';
import { tryToInstall } from '../interop/try-to-install.ts';
import { startAuthorizationServer } from '../support/authorization-server.ts';
import { serveApp } from './app.ts';
import { installBrowser } from './chromium.ts';
import { playLaunch } from './launch.ts';

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));

const started = performance.now();
const story = tellStory((line) => console.log(line));
let skipped = 0;

const permissions = { systemPackages: process.argv.includes('--system-packages') };
const installed = await tryToInstall(() => installBrowser(permissions), 'npm run test:browser');
if ('why' in installed) {
  skipped += 1;
  console.log(`SKIPPED, not tested: ${installed.why}\nTo test it: ${installed.type}`);
} else {
  console.log(`Chromium ${installed.version}`);
  const server = await startAuthorizationServer({ asksPeople: true });
  const app = await serveApp(installed.fhirClient);
  const browser = await installed.start();
  try {
    await playLaunch({ server, app, browser }, story);
  } finally {
    await browser.close();
    await app.close();
    await server.close();
  }
}

const { text, holds } = verdictOn(story, { skipped, seconds: (performance.now() - started) / 1000 });
console.log(`\n${text}`);
process.exitCode = holds ? 0 : 1;
