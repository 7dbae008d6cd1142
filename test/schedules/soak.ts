import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';

// Plays many schedules, in parts with a seed of their own, on all cores; then hostile input, many times as often as
// `npm test` does. What fails is printed with the command that plays it again.

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const VITEST = fileURLToPath(new URL('../../node_modules/vitest/vitest.mjs', import.meta.url));

const SEED = Number(process.env.SEED ?? Math.floor(Date.now() / 1000));
const SCHEDULES = Number(process.env.SCHEDULES ?? 200_000);
const HOSTILE_RUNS = Number(process.env.HOSTILE_RUNS ?? 10_000);
const CORES = availableParallelism();
/** Few enough that progress is seen, many enough that starting takes a small part of the time. */
const PART = Math.min(2000, Math.ceil(SCHEDULES / CORES));
/** Parts of soaks that begin within years of each other do not share a seed. */
const APART = 1_000_003;

type Environment = Readonly<Record<string, string | number>>;
type Test = { readonly environment: Environment; readonly tests: string };

const running = new Set<ReturnType<typeof spawn>>();
let failed = false;

/** Answers with what was printed; undefined where it failed, which is printed then. */
async function run({ environment, tests }: Test, passOn = false): Promise<string | undefined> {
  const env = Object.fromEntries(Object.entries(environment).map(([name, value]) => [name, String(value)]));
  const child = spawn(process.execPath, [VITEST, 'run', tests], { cwd: ROOT, env: { ...process.env, ...env } });
  running.add(child);
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      if (passOn) process.stdout.write(text);
    });
  }
  const code = await new Promise((resolve) => child.on('close', resolve));
  running.delete(child);
  if (code === 0) return said;
  // Those that the first failure ended have nothing to say.
  if (failed) return undefined;
  failed = true;
  for (const other of running) other.kill();
  const again = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  if (!passOn) console.error(said);
  console.error(`Failed. Once more: ${again.join(' ')} npx vitest run ${tests}`);
  process.exitCode = 1;
  return undefined;
}

const began = performance.now();
let begun = 0;
let played = 0;
let runs = 0;

function progress(): string {
  const passed = performance.now() - began;
  const left = (passed / played) * (SCHEDULES - played);
  const each = ((passed / played) * CORES).toFixed(1);
  return `${played} of ${SCHEDULES} schedules with ${runs} runs, ${minutes(passed)}, ${each} ms each on ${CORES} cores, ${minutes(left)} to go`;
}

function minutes(ms: number): string {
  return `${(ms / 60_000).toFixed(1)} min`;
}

async function playParts(): Promise<void> {
  while (begun < SCHEDULES && !failed) {
    const seed = (SEED + (begun / PART) * APART) | 0;
    const count = Math.min(PART, SCHEDULES - begun);
    begun += count;
    const said = await run({ environment: { SEED: seed, SCHEDULES: count }, tests: 'test/schedules' });
    if (said === undefined) return;
    played += count;
    runs += Number(/schedules with (\d+) runs/.exec(said)?.[1]);
    console.log(progress());
  }
}

console.log(`${SCHEDULES} schedules in parts of ${PART} on ${CORES} cores, seed ${SEED}`);
await Promise.all(Array.from({ length: CORES }, playParts));
if (!failed && HOSTILE_RUNS > 0) {
  await run({ environment: { SEED, HOSTILE_RUNS }, tests: 'test/hostile' }, true);
}
if (!failed) console.log(`Nothing failed in ${minutes(performance.now() - began)}, seed ${SEED}.`);
