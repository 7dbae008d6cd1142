import { isDeepStrictEqual } from 'node:util';

const COLOUR = process.stdout.isTTY && !process.env.NO_COLOR;
const paint = (code: number, text: string) => (COLOUR ? `\u001b[${code}m${text}\u001b[0m` : text);

export type Story = {
  readonly chapter: (title: string) => void;
  /** What somebody does. */
  readonly does: (text: string) => void;
  /** A detail worth seeing. */
  readonly shows: (label: string, value: string) => void;
  /** Holds what is seen against what has to be; the story goes on either way and ends badly if one is off. */
  readonly check: (claim: string, seen: unknown, expected: unknown) => void;
  readonly failures: () => number;
  readonly checks: () => number;
};

export function tellStory(write: (line: string) => void): Story {
  let failures = 0;
  let checks = 0;
  return {
    chapter: (title) => write(`\n${paint(1, title)}`),
    does: (text) => write(`\n  ${paint(36, '▸')} ${text}`),
    shows: (label, value) => write(`      ${paint(2, label.padEnd(22))} ${value}`),
    check: (claim, seen, expected) => {
      checks += 1;
      if (isDeepStrictEqual(seen, expected)) return write(`    ${paint(32, '✓')} ${claim}`);
      failures += 1;
      write(`    ${paint(31, '✗')} ${claim}`);
      write(`        seen     ${JSON.stringify(seen)}`);
      write(`        expected ${JSON.stringify(expected)}`);
    },
    failures: () => failures,
    checks: () => checks,
  };
}
