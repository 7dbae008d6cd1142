import { describe, expect, test } from 'vitest';
import { read } from '../repository/files.ts';
import { noFindings } from './findings.ts';
import { readTable } from './markdown-table.ts';
import type { Measured, Outcome } from './measure.ts';
import type { Candidate } from './server.ts';
import { differences, inShort, withOutcomes } from './tables.ts';

const candidates: readonly Candidate[] = ['One', 'Two | three'].map((title) => ({
  title,
  faults: title === 'One',
  install: async () => ({ why: 'never', type: 'nothing' }),
}));
const EMPTY =
  'before\n<!-- servers: begin --><!-- servers: end -->\nbetween\n<!-- faults: begin --><!-- faults: end -->\nafter\n';

function measured(title: string, changes: Partial<Measured> = {}): Measured {
  const findings = { ...noFindings(), register: 'yes (201)', read: 'no (404)' };
  findings.clientsUsed = 'code flow with PKCE; no client_credentials: it has no such grant';
  return { kind: 'measured', title, version: '1.0', findings, checks: 29, failures: 0, seconds: 1, ...changes };
}

function rowsOf(text: string, name = 'servers'): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries(readTable(text, name).rows.map((row) => [row[0], row]));
}

const FIGURES = { faults: 16, clientsMade: 24, leftAtServer: 20, inRecords: 12, suspected: 8, unaccounted: 0 };
const missing: Outcome = { kind: 'missing', title: 'Two | three', missing: { why: 'no Java', type: 'apt-get' } };

test('what stands around the tables stays', () => {
  const text = withOutcomes(EMPTY, [], { whole: true, candidates });
  expect(text).toMatch(/^before\n[\s\S]+\nbetween\n[\s\S]+\nafter\n$/u);
});

test('a whole run leaves no row of another run', () => {
  const old = withOutcomes(EMPTY, [measured('One', { faults: FIGURES }), measured('Two | three')], {
    whole: true,
    candidates,
  });
  expect(rowsOf(old, 'faults').One).toEqual(['One', '16', '24', '20', '12', '8', '0']);
  const text = withOutcomes(old, [measured('One', { version: '1.1' }), missing], { whole: true, candidates });
  expect(rowsOf(text).One?.[1]).toBe('1.1');
  expect(rowsOf(text)['Two | three']).toEqual(['Two | three', 'not measured: no Java']);
  expect(rowsOf(text, 'faults').One).toEqual(['One', 'not measured']);
});

test('a run of some servers replaces their rows only', () => {
  const old = withOutcomes(EMPTY, [measured('One', { faults: FIGURES }), measured('Two | three')], {
    whole: true,
    candidates,
  });
  const text = withOutcomes(old, [measured('Two | three', { version: '1.1' })], { whole: false, candidates });
  expect([rowsOf(text).One?.[1], rowsOf(text)['Two | three']?.[1]]).toEqual(['1.0', '1.1']);
  expect(rowsOf(text, 'faults')).toEqual(rowsOf(old, 'faults'));
  expect(withOutcomes(text, [missing], { whole: false, candidates })).toBe(text);
});

test('a row says that a journey broke off, beside what was seen before', () => {
  const broken = measured('One', { brokeOff: 'the start: the port is taken', failures: 1 });
  const row = rowsOf(withOutcomes(EMPTY, [broken], { whole: true, candidates })).One;
  expect(row?.[3]).toBe('yes (201)');
  expect(row?.at(-1)).toBe('the journey broke off: the start: the port is taken; 1 of 29 checks FAIL');
});

describe('a run that only compares', () => {
  const text = withOutcomes(EMPTY, [measured('One')], { whole: true, candidates });

  test('finds nothing where all is as the document says', () => {
    expect(differences(text, [measured('One'), missing])).toEqual([]);
  });

  test('names the cell that is otherwise', () => {
    const findings = { ...measured('One').findings, read: 'yes (200)' };
    expect(differences(text, [measured('One', { findings })])).toEqual([
      { title: 'One', sameVersion: true, lines: ['read: "no (404)", and seen was "yes (200)"'] },
    ]);
  });

  test('does not hold another version against the document', () => {
    expect(differences(text, [measured('One', { version: '2.0' })])).toEqual([
      { title: 'One', sameVersion: false, lines: ['version: "1.0", and seen was "2.0"'] },
    ]);
  });
});

test('in short, a table has what a reader asks first', () => {
  const text = withOutcomes(EMPTY, [measured('One'), missing], { whole: true, candidates });
  expect(inShort(text)).toEqual({
    columns: ['server', 'version', 'read', 'update', 'delete', 'client used', 'journeys'],
    rows: [
      ['One', '1.0', 'no', '–', '–', 'code flow with PKCE', 'all 29 checks hold'],
      ['Two | three', 'not measured: no Java'],
    ],
  });
});

test('the table of the README is that of docs/interop.md, in short', () => {
  expect(readTable(read('README.md'), 'interop')).toEqual(inShort(read('docs/interop.md')));
});

test('every server is in the table that is committed', async () => {
  const { CANDIDATES } = await import('./candidates.ts');
  const { rows } = readTable(read('docs/interop.md'), 'servers');
  expect(rows.map(([title]) => title)).toEqual(CANDIDATES.map(({ title }) => title));
});

test('every row that is committed is whole and holds, or says why it was not measured', () => {
  const document = read('docs/interop.md');
  const { columns, rows } = readTable(document, 'servers');
  for (const row of rows) {
    const [title, cell = ''] = row;
    if (row.length === 2) expect(cell, title).toMatch(/^not measured: \S/u);
    else
      expect([row.length, row.at(-1)], title).toEqual([
        columns.length,
        expect.stringMatching(/^all \d+ checks hold$/u),
      ]);
  }
  const faults = readTable(document, 'faults');
  const whole = faults.rows.filter((row) => row.length === faults.columns.length);
  expect(whole.length).toBeGreaterThanOrEqual(2);
  for (const [title, spoiled, , , , , neither] of whole)
    expect([Number(spoiled) > 0, neither], title).toEqual([true, '0']);
});
