import { tellStory } from '../demo/story.ts';
import { CANDIDATES } from './candidates.ts';
import { measure, type Outcome } from './measure.ts';
import { reportOf } from './report.ts';
import { embedded } from './servers/embedded.ts';
import { compareTables, writeTables } from './tables.ts';

// The runtime would ask the network for what it needs nothing of.
process.env.CLOUDFLARE_CF_FETCH_ENABLED = 'false';
process.env.WRANGLER_SEND_METRICS = 'false';
// Else wrangler writes a trace of every call to a database of its own.
process.env.X_LOCAL_OBSERVABILITY = 'false';
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));

const args = process.argv.slice(2);
const systemPackages = args.includes('--system-packages');
const words = args.filter((arg) => !arg.startsWith('--')).map((word) => word.toLowerCase());
const whole = words.length === 0;
const isChosen = (title: string) => whole || words.some((word) => title.toLowerCase().includes(word));
const started = performance.now();

const outcomes: Outcome[] = [];
for (const candidate of CANDIDATES.filter(({ title }) => isChosen(title))) {
  outcomes.push(await measure(candidate, { systemPackages }, tellStory(console.log)));
}

const stale = args.includes('--check') ? await compareTables(outcomes) : [];
if (!args.includes('--check')) await writeTables(outcomes, { whole });
const { lines, holds } = reportOf(outcomes, {
  stale,
  seconds: (performance.now() - started) / 1000,
  needed: whole ? embedded.map(({ title }) => title) : [],
});
for (const line of lines) console.log(line);
// Whatever a server left open keeps nobody waiting.
process.exit(holds ? 0 : 1);
