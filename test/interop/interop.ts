import { tellStory } from '../demo/story.ts';
import { journeyByAction } from './by-action.ts';
import { journeyByWorker } from './by-worker.ts';
import { CANDIDATES } from './candidates.ts';
import { type FaultFigures, spoilAnswers } from './faults.ts';
import { type Findings, probe } from './probe.ts';
import type { Candidate, Installed, Missing } from './server.ts';
import { type Outcome, writeTables } from './table.ts';

// The runtime would ask the network for what it needs nothing of.
process.env.CLOUDFLARE_CF_FETCH_ENABLED = 'false';
process.env.WRANGLER_SEND_METRICS = 'false';
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));

const args = process.argv.slice(2);
const systemPackages = args.includes('--system-packages');
const only = args.filter((arg) => !arg.startsWith('--')).map((word) => word.toLowerCase());
const chosen = CANDIDATES.filter(
  ({ title }) => only.length === 0 || only.some((word) => title.toLowerCase().includes(word)),
);

const outcomes: Outcome[] = [];
let failures = 0;
for (const candidate of chosen) {
  const outcome = await measure(candidate);
  if (outcome !== undefined) outcomes.push(outcome);
}
writeTables(outcomes);

console.log('\nTime per server');
for (const outcome of outcomes) {
  const what = outcome.kind === 'missing' ? `SKIPPED: ${outcome.missing.why}` : `${outcome.seconds.toFixed(1)} s`;
  console.log(`  ${outcome.title.padEnd(48)} ${what}`);
}
const skipped = outcomes.filter(({ kind }) => kind === 'missing').length;
console.log(
  `\n${outcomes.length - skipped} servers measured, ${skipped} SKIPPED, ${failures === 0 ? 'all checks hold' : `${failures} checks FAILED`}.`,
);
process.exitCode = failures === 0 ? 0 : 1;

async function measure(candidate: Candidate): Promise<Outcome | undefined> {
  const { title } = candidate;
  const story = tellStory((line) => console.log(line));
  story.chapter(title);
  const started = performance.now();
  try {
    const installed = await candidate.install({ systemPackages });
    if (isMissing(installed)) {
      console.log(`  SKIPPED, not tested: ${installed.why}\n  To test it: ${installed.type}`);
      return { kind: 'missing', title, missing: installed };
    }
    const ready = performance.now();
    story.shows('installed in', `${((ready - started) / 1000).toFixed(1)} s`);
    const { findings, faults } = await journeys(candidate, installed, story);
    failures += story.failures();
    return {
      kind: 'measured',
      title,
      version: installed.version,
      findings,
      ...(faults !== undefined && { faults }),
      checks: story.checks(),
      failures: story.failures(),
      seconds: (performance.now() - ready) / 1000,
    };
  } catch (error) {
    failures += 1;
    console.error(error);
    return undefined;
  }
}

async function journeys(
  candidate: Candidate,
  { start }: Installed,
  story: ReturnType<typeof tellStory>,
): Promise<{ readonly findings: Findings; readonly faults: FaultFigures | undefined }> {
  const server = await start();
  try {
    const probed = await probe(server);
    for (const [what, seen] of Object.entries(probed)) story.shows(what, [seen].flat().join('; '));
    const seen = await journeyByAction(server, story);
    const findings = { ...probed, quirks: [...probed.quirks, ...seen] };
    await journeyByWorker(server, story);
    if (candidate.faults !== true) return { findings, faults: undefined };
    story.does('Answers are spoiled after the server acted, and runs follow');
    return { findings, faults: await spoilAnswers(server, story) };
  } finally {
    await server.close();
  }
}

function isMissing(installed: Installed | Missing): installed is Missing {
  return 'why' in installed;
}
