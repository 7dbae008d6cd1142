import type { Figure } from '../../bench/figure.ts';
import { median } from '../../bench/in-turns.ts';
import type { AlarmBooks } from './worker/books.ts';

const KIB = 1024;

/** Something that must be so many, exactly. */
export function exactly(name: string, seen: number, wanted: number): Figure {
  return {
    name,
    value: seen.toLocaleString('en'),
    target: `exactly ${wanted.toLocaleString('en')}`,
    holds: seen === wanted,
  };
}

/** Median and slowest of answers, in milliseconds each. */
export function answersLine(what: string, ms: readonly number[]): string {
  return `${what}: ${ms.length.toLocaleString('en')}, median ${median(ms).toFixed(0)} ms, slowest ${Math.max(...ms).toFixed(0)} ms`;
}

/** What alarms took: the average, and the most of each that any one took. */
export function alarmsLine({ count, all, largest }: AlarmBooks): string {
  const each = (name: keyof typeof all, words: string) =>
    `${(all[name] / count).toFixed(1)} ${words} (most ${largest[name].toLocaleString('en')})`;
  const work = [
    each('rowsRead', 'rows read'),
    each('rowsWritten', 'rows written'),
    each('kvWrites', 'KV writes'),
    each('ms', 'ms'),
  ];
  return `alarms: ${count.toLocaleString('en')}; of each ${work.join(', ')}`;
}

export function bytesText(bytes: number): string {
  return bytes >= KIB * KIB ? `${(bytes / KIB / KIB).toFixed(1)} MiB` : `${(bytes / KIB).toFixed(0)} KiB`;
}
