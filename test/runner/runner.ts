import { tellStory } from '../demo/story.ts';
import { playEndToEnd } from './end-to-end.ts';
import { EXAMPLES } from './files.ts';
import { ACT, ACTIONLINT, goTool } from './go-tool.ts';
import { lintWorkflows } from './lint.ts';
import { playPreview } from './preview.ts';
import { playProduction } from './production.ts';
import { openScene, type Scene } from './scene.ts';
import { playWorker } from './worker.ts';

// The runtime would ask the network for what it needs nothing of.
process.env.CLOUDFLARE_CF_FETCH_ENABLED = 'false';
process.env.WRANGLER_SEND_METRICS = 'false';
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));

/** What the scenes below start; an example that nobody runs is found by this list. */
const PLAYED = ['by-hand.yml', 'e2e.yml', 'preview.yml', 'production.yml', 'worker.yml'];

const story = tellStory((line) => console.log(line));
const started = performance.now();
let skipped = 0;

await withTool(ACTIONLINT, (program) => lintWorkflows(program, story));
await withTool(ACT, async (program) => {
  for (const play of [playEndToEnd, playPreview, playProduction]) await onScene(program, play);
  await playWorker(program, story);
  story.chapter('Examples');
  story.check('all of them were run', PLAYED, EXAMPLES);
});

const seconds = ((performance.now() - started) / 1000).toFixed(1);
const failures = story.failures();
const checks = story.checks();
const held = checks === 0 ? 'Nothing was checked' : `All ${checks} checks hold`;
const verdict = failures === 0 ? held : `${failures} of ${checks} checks FAILED`;
console.log(`\n${verdict}${skipped === 0 ? '' : `, ${skipped} parts SKIPPED`}. ${seconds} s.`);
process.exitCode = failures === 0 ? 0 : 1;

async function withTool(tool: typeof ACT, use: (program: string) => Promise<void>): Promise<void> {
  const installed = await goTool(tool);
  if (typeof installed === 'string') return await use(installed);
  skipped += 1;
  console.log(`\n${tool.name}: SKIPPED, not tested: ${installed.why}\n  To test it: ${installed.type}`);
}

async function onScene(program: string, play: (scene: Scene, told: typeof story) => Promise<void>): Promise<void> {
  const scene = await openScene(program);
  try {
    await play(scene, story);
  } finally {
    await scene.close();
  }
}
