import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { filesUnder, read } from '../repository/files.ts';
import { patternsIn } from './support/patterns.ts';

/** Of the order of the longest texts that they are given. */
const LENGTH = 128 * 1024;
/** A pattern of linear time needs well below a second for all of its texts, a quadratic one minutes for each. */
const PATIENCE_MS = 30_000;

const files = ['shared', 'action', 'worker'].flatMap((room) => filesUnder(room, '.ts'));
const patterns = files
  .filter((file) => file !== 'action/build.ts')
  .flatMap((file) => patternsIn(read(file)).map(({ source, flags }) => ({ file, source, flags })));

type Done = { readonly index: number };

/** Tries each pattern on its texts in a thread that can be ended; the first that does not come back is named. */
function firstThatHangs(
  tried: readonly { readonly source: string; readonly flags: string }[],
  patienceMs = PATIENCE_MS,
): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./support/try-patterns.ts', import.meta.url), {
      workerData: { patterns: tried, length: LENGTH },
    });
    let next = 0;
    let timer: ReturnType<typeof setTimeout>;
    const end = async (found: number | undefined) => {
      clearTimeout(timer);
      await worker.terminate();
      resolve(found);
    };
    const watch = () => {
      clearTimeout(timer);
      timer = setTimeout(() => void end(next), patienceMs);
    };
    watch();
    worker.on('error', reject);
    worker.on('message', ({ index }: Done) => {
      next = index + 1;
      if (next === tried.length) void end(undefined);
      else watch();
    });
  });
}

test('patterns are found where there are any', () => {
  expect(patterns.length).toBeGreaterThan(120);
  const found = (file: string) => patterns.filter((pattern) => pattern.file === file).map(({ source }) => source);
  expect(found('shared/record/seal.ts')).toContain('^v1\\.([\\w-]{8})\\.([\\w-]{16})\\.([\\w-]{22,})$');
  expect(
    patternsIn("const a = b / c; const d = '/e/'; f(/g[/]h/iu, `/${i.test(/j/)}/`); // /k/\nreturn /l\\//;"),
  ).toEqual([
    { source: 'g[/]h', flags: 'iu' },
    { source: 'j', flags: '' },
    { source: 'l\\/', flags: '' },
  ]);
});

test('a pattern whose time grows with the square of the text is noticed', { timeout: 120_000 }, async () => {
  expect(
    await firstThatHangs(
      [
        { source: '^a+$', flags: '' },
        { source: '(?:a+)+$', flags: 'u' },
      ],
      5_000,
    ),
  ).toBe(1);
});

test('no pattern of ours takes longer than it takes to read a text', { timeout: 600_000 }, async () => {
  const hanging = await firstThatHangs(patterns);
  expect(hanging === undefined ? undefined : patterns[hanging]).toBeUndefined();
});
