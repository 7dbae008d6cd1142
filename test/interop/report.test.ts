import { expect, test } from 'vitest';
import { noFindings } from './findings.ts';
import type { Measured, Outcome } from './measure.ts';
import { reportOf } from './report.ts';

function measured(title: string, changes: Partial<Measured> = {}): Measured {
  const findings = noFindings();
  return { kind: 'measured', title, version: '1.0', findings, checks: 29, failures: 0, seconds: 1, ...changes };
}

const missing: Outcome = { kind: 'missing', title: 'Two', missing: { why: 'no Java', type: 'apt-get' } };
const RUN = { stale: [], seconds: 2000 };
const end = (outcomes: readonly Outcome[], run: Partial<Parameters<typeof reportOf>[1]> = {}) => {
  const { lines, holds } = reportOf(outcomes, { ...RUN, ...run });
  return [lines.at(-1), holds];
};

test('what was measured and what was skipped are said apart', () => {
  expect(end([measured('One')])).toEqual(['1 measured: all their checks hold; none skipped', true]);
  expect(end([measured('One'), missing])).toEqual(['1 measured: all their checks hold; 1 SKIPPED: Two', true]);
  const failed = measured('Three', { failures: 2 });
  expect(end([measured('One'), failed])).toEqual(['2 measured: 2 of their checks FAILED; none skipped', false]);
});

test('a run that measures nothing fails', () => {
  expect(end([])).toEqual(['NOTHING was measured; none skipped', false]);
  expect(end([missing])).toEqual(['NOTHING was measured; 1 SKIPPED: Two', false]);
});

test('a server that needs no installation must not be missing', () => {
  expect(end([measured('One'), missing], { needed: ['One'] })[1]).toBe(true);
  for (const outcomes of [[measured('One'), missing], [measured('One')]]) {
    const [line, holds] = end(outcomes, { needed: ['One', 'Two'] });
    expect(line).toMatch(/; needs nothing and is MISSING: Two$/u);
    expect(holds).toBe(false);
  }
});

test('a stale row fails the run, unless the version is another one', () => {
  const stale = { title: 'One', sameVersion: true, lines: ['read: "no"'] };
  expect(end([measured('One')], { stale: [stale] })[1]).toBe(false);
  expect(end([measured('One')], { stale: [{ ...stale, sameVersion: false }] })[1]).toBe(true);
});

test('the time without installation is said, and that it is over the limit', () => {
  const all = (seconds: number) =>
    reportOf([measured('One', { seconds }), measured('Two')], RUN).lines.find((line) => line.includes('all of them'));
  expect(all(899)).toMatch(/ 900\.0 s$/u);
  expect(all(899.5)).toMatch(/ 900\.5 s: OVER 900 s$/u);
});
