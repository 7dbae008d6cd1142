import { tellStory } from '../demo/story.ts';
import { startAuthorizationServer } from '../support/authorization-server.ts';
import { serveApp } from './app.ts';
import { installBrowser } from './chromium.ts';
import { playLaunch } from './launch.ts';

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));

const installed = await installBrowser({ systemPackages: process.argv.includes('--system-packages') });
if ('why' in installed) {
  console.log(`SKIPPED, not tested: ${installed.why}\nTo test it: ${installed.type}`);
} else {
  const started = performance.now();
  const story = tellStory((line) => console.log(line));
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
  const failures = story.failures();
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(
    `\n${failures === 0 ? 'All' : `${failures} of`} ${story.checks()} checks ${failures === 0 ? 'hold' : 'FAILED'}. ${seconds} s.`,
  );
  process.exitCode = failures === 0 ? 0 : 1;
}
