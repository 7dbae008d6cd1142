import { parentPort, workerData } from 'node:worker_threads';
import fc from 'fast-check';
import type { Pattern } from './patterns.ts';

const { patterns, length } = workerData as { readonly patterns: readonly Pattern[]; readonly length: number };

const FILLS = [
  ' ',
  'a',
  'A',
  '0',
  '/',
  '.',
  ':',
  '-',
  '_',
  '%',
  '=',
  '\n',
  '\t',
  '"',
  '<',
  '\\',
  '[',
  '{',
  'a ',
  'a.',
  '%2e',
  '/.',
];
const AROUND = ['', 'x', '!', '\u0000'];

/** Texts that a pattern likes for a long time and then does not: what it matches, with one of its pieces pumped up. */
function textsFor({ source, flags }: Pattern): readonly string[] {
  const plain = FILLS.flatMap((fill) =>
    AROUND.map((around) => around + pumped(fill) + (around === '' ? '' : '\u0000')),
  );
  return [...plain, ...samples(source, flags).flatMap(pumpedUp)];
}

function pumped(text: string): string {
  return text.repeat(Math.ceil(length / text.length));
}

function pumpedUp(text: string): readonly string[] {
  const places = [...new Set([0, 0.25, 0.5, 0.75, 1].map((part) => Math.floor(part * Math.max(0, text.length - 1))))];
  return places.map((at) => `${text.slice(0, at)}${pumped(text.slice(at, at + 1) || 'a')}\u0000${text.slice(at)}`);
}

/** Some texts that the pattern matches; none for a pattern that cannot be turned round. */
function samples(source: string, flags: string): readonly string[] {
  try {
    const pattern = new RegExp(source, flags.replace(/[gyd]/g, ''));
    return fc.sample(fc.stringMatching(pattern), { numRuns: 4, seed: 1 }).map((text) => text.slice(0, 200));
  } catch {
    return [];
  }
}

patterns.forEach((pattern, index) => {
  const expression = new RegExp(pattern.source, pattern.flags.replace(/[gy]/g, ''));
  for (const text of textsFor(pattern)) expression.test(text);
  parentPort?.postMessage({ index });
});
