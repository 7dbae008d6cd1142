import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Mutation } from './mutation.ts';
import { MUTATIONS } from './mutations.ts';

// Takes one safety away at a time, in a copy of the repository, and requires that a test fails without it.

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const VITEST = join(ROOT, 'node_modules/vitest/vitest.mjs');

/** A part of the list: only mutations whose safety contains the word given on the command line. */
const word = process.argv[2] ?? '';
const chosen = MUTATIONS.filter(({ safety, file }) => `${safety} ${file}`.includes(word));

function copyRepository(): string {
  const copy = mkdtempSync(join(tmpdir(), 'mutations-'));
  const files = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: ROOT });
  for (const file of files.toString().split('\0')) {
    if (file === '' || file === 'node_modules' || file.startsWith('action/dist/')) continue;
    mkdirSync(dirname(join(copy, file)), { recursive: true });
    cpSync(join(ROOT, file), join(copy, file));
  }
  symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'), 'dir');
  return copy;
}

type Run = { readonly passed: boolean; readonly failed: readonly string[]; readonly ms: number; readonly ran: number };

/** Tests of these rooms start the Action as it is built. */
const START_THE_BUNDLE = /^test\/(?:action|standalone)\//;

function runTests(copy: string, tests: readonly string[], bail: boolean): Run {
  const began = Date.now();
  if (tests.some((test) => START_THE_BUNDLE.test(test))) {
    execFileSync(process.execPath, ['action/build.ts'], { cwd: copy, stdio: 'ignore' });
  }
  const report = join(copy, 'report.json');
  rmSync(report, { force: true });
  spawnSync(
    process.execPath,
    [VITEST, 'run', '--reporter=json', `--outputFile=${report}`, ...(bail ? ['--bail=1'] : []), ...tests],
    { cwd: copy, stdio: 'ignore', env: { ...process.env, SCHEDULES: '40', SHRINK: 'no' } },
  );
  const { success, numTotalTests, testResults } = JSON.parse(readFileSync(report, 'utf8')) as {
    readonly success: boolean;
    readonly numTotalTests: number;
    readonly testResults: readonly {
      readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[];
    }[];
  };
  const failed = testResults
    .flatMap(({ assertionResults }) => assertionResults)
    .filter(({ status }) => status === 'failed')
    .map(({ fullName }) => fullName);
  return { passed: success, failed, ms: Date.now() - began, ran: numTotalTests };
}

function mutated({ file, from, to, safety }: Mutation, copy: string): { readonly undo: () => void } {
  const path = join(copy, file);
  const text = readFileSync(path, 'utf8');
  const times = text.split(from).length - 1;
  if (times !== 1) throw new Error(`${file}: the text for "${safety}" occurs ${times} times, not once: ${from}`);
  writeFileSync(
    path,
    text.replace(from, () => to),
  );
  return { undo: () => writeFileSync(path, text) };
}

const copy = copyRepository();
const survivors: string[] = [];
try {
  // All texts first: one that is no longer there is an error at once.
  for (const mutation of chosen) mutated(mutation, copy).undo();
  const tests = [...new Set(chosen.flatMap((mutation) => mutation.tests))];
  const whole = runTests(copy, tests, false);
  if (!whole.passed) throw new Error(`Nothing is taken away and these tests fail: ${whole.failed.join('; ')}`);
  console.log(`${chosen.length} safeties; ${whole.ran} tests in ${tests.length} files pass with all of them.\n`);
  console.log('| without | notices | s |\n|---|---|---|');
  for (const mutation of chosen) {
    const { undo } = mutated(mutation, copy);
    const { passed, failed, ms } = runTests(copy, mutation.tests, true);
    undo();
    // A file that does not load notices nothing.
    const noticed = !passed && failed.length > 0;
    if (!noticed) survivors.push(mutation.safety);
    console.log(`| ${mutation.safety} | ${noticed ? failed[0] : '**NOTHING**'} | ${(ms / 1000).toFixed(1)} |`);
  }
} finally {
  rmSync(copy, { recursive: true, force: true });
}
if (survivors.length > 0) {
  console.error(`\nNo test notices when this is gone: ${survivors.join('; ')}.`);
  process.exitCode = 1;
} else console.log(`\nEach of the ${chosen.length} is noticed.`);
