import { tellStory } from '../demo/story.ts';
import { verdictOn } from '../demo/verdict.ts';
import { playEndToEnd } from './end-to-end.ts';
import { EXAMPLES } from './files.ts';
import { ACT, ACTIONLINT, goTool } from './go-tool.ts';
import { lintWorkflows } from './lint.ts';
import { playPreview } from './preview.ts';
import { playProduction } from './production.ts';
import { openScene } from './scene.ts';
import { gatherSecrets } from './secrets.ts';
import type { Session } from './session.ts';
import { playWorker } from './worker.ts';

// The runtime would ask the network for what it needs nothing of.
process.env.CLOUDFLARE_CF_FETCH_ENABLED = 'false';
process.env.WRANGLER_SEND_METRICS = 'false';
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));

const secrets = gatherSecrets();
const story = tellStory((line) => console.log(secrets.mask(line)));
const session: Session = { story, secrets, started: new Set() };
const started = performance.now();
let skipped = 0;

await withTool(ACTIONLINT, (program) => lintWorkflows(program, story));
await withTool(ACT, async (program) => {
  for (const play of [playEndToEnd, playPreview, playProduction]) {
    await using scene = await openScene(program, secrets);
    await play(scene, session);
  }
  await playWorker(program, session);
  story.chapter('Examples');
  story.check('all of them were run', [...session.started].sort(), EXAMPLES);
});

const { text, holds } = verdictOn(story, { skipped, seconds: (performance.now() - started) / 1000 });
console.log(`\n${text}`);
process.exitCode = holds ? 0 : 1;

async function withTool(tool: typeof ACT, use: (program: string) => Promise<void>): Promise<void> {
  const installed = await goTool(tool);
  if (typeof installed === 'string') return await use(installed);
  skipped += 1;
  console.log(`\n${tool.name}: SKIPPED, not tested: ${installed.why}\n  To test it: ${installed.type}`);
}
