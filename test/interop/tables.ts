import { readFile, writeFile } from 'node:fs/promises';
import { CANDIDATES } from './candidates.ts';
import type { FaultFigures } from './faults.ts';
import { readTable, type Table, withTable } from './markdown-table.ts';
import type { Measured, Outcome } from './measure.ts';

const DOCUMENT = new URL('../../docs/interop.md', import.meta.url);
const README = new URL('../../README.md', import.meta.url);
const NOTHING = '–';

const SERVERS: readonly (readonly [column: string, of: (outcome: Measured) => string | undefined])[] = [
  ['version', ({ version }) => version],
  ['discovery', ({ findings }) => findings.discovery],
  ['register', ({ findings }) => findings.register],
  ['read', ({ findings }) => findings.read],
  ['update', ({ findings }) => findings.update],
  ['secret rotation seen', ({ findings }) => findings.secretRotation],
  ['auth-method change', ({ findings }) => findings.authMethodChange],
  ['delete', ({ findings }) => findings.remove],
  ['gone after delete', ({ findings }) => findings.afterRemoval],
  ['client used', ({ findings }) => findings.clientsUsed],
  ['quirks', ({ findings }) => [...findings.quirks].join('; ')],
  ['journeys', journeysOf],
];
const FAULTS: readonly (readonly [column: string, figure: keyof FaultFigures])[] = [
  ['answers spoiled', 'faults'],
  ['clients made or suspected', 'clientsMade'],
  ['left at the server', 'leftAtServer'],
  ['of them in our records', 'inRecords'],
  ['suspects', 'suspected'],
  ['neither', 'unaccounted'],
];
const IN_SHORT = ['version', 'read', 'update', 'delete', 'client used', 'journeys'];

/**
 * Puts the rows into the documents. After a whole run nothing else stays in the tables; after one of some servers the
 * other rows stay as they were.
 */
export async function writeTables(outcomes: readonly Outcome[], { whole }: { readonly whole: boolean }): Promise<void> {
  const document = withOutcomes(await readFile(DOCUMENT, 'utf8'), outcomes, { whole });
  await writeFile(DOCUMENT, document);
  await writeFile(README, withTable(await readFile(README, 'utf8'), 'interop', inShort(document)));
}

/** A row of the document that is not what was seen. */
export type Stale = { readonly title: string; readonly sameVersion: boolean; readonly lines: readonly string[] };

/** Holds what was seen of the servers against what the document says of them. */
export async function compareTables(outcomes: readonly Outcome[]): Promise<readonly Stale[]> {
  return differences(await readFile(DOCUMENT, 'utf8'), outcomes);
}

/** The rows of the document that are not what was seen. */
export function differences(text: string, outcomes: readonly Outcome[]): readonly Stale[] {
  const { columns, rows } = readTable(text, 'servers');
  const own = ['server', ...SERVERS.map(([column]) => column)];
  return outcomes.flatMap((outcome): Stale[] => {
    if (outcome.kind === 'missing') return [];
    const seen = rowOf(outcome);
    const stored = rows.find(([title]) => title === outcome.title) ?? [];
    const says = (column: string) => stored[columns.indexOf(column)] ?? '';
    const lines = own.flatMap((column, at) =>
      seen[at] === says(column) ? [] : [`${column}: "${says(column)}", and seen was "${seen[at]}"`],
    );
    // A row that was never measured says nothing that could be wrong.
    const sameVersion = stored.length > 2 && says('version') === outcome.version;
    return lines.length === 0 ? [] : [{ title: outcome.title, sameVersion, lines }];
  });
}

/** The document with these outcomes in its tables. */
export function withOutcomes(
  text: string,
  outcomes: readonly Outcome[],
  { whole, candidates = CANDIDATES }: { readonly whole: boolean; readonly candidates?: typeof CANDIDATES },
): string {
  const rows = (
    name: string,
    titles: readonly string[],
    make: (outcome: Outcome) => readonly string[] | undefined,
  ): Table['rows'] => {
    const kept = new Map(whole ? [] : readTable(text, name).rows.map((row) => [row[0], row]));
    return titles.map((title) => {
      const outcome = outcomes.find((one) => one.title === title);
      const made = outcome && make(outcome);
      return made ?? kept.get(title) ?? [title, 'not measured'];
    });
  };
  const why = (outcome: Outcome): readonly string[] | undefined =>
    outcome.kind === 'missing' && whole ? [outcome.title, `not measured: ${outcome.missing.why}`] : undefined;
  const servers = rows(
    'servers',
    candidates.map(({ title }) => title),
    (outcome) => (outcome.kind === 'measured' ? rowOf(outcome) : why(outcome)),
  );
  const faults = rows(
    'faults',
    candidates.filter((candidate) => candidate.faults === true).map(({ title }) => title),
    (outcome) => (outcome.kind === 'measured' ? faultsOf(outcome) : why(outcome)),
  );
  const withServers = withTable(text, 'servers', {
    columns: ['server', ...SERVERS.map(([column]) => column)],
    rows: servers,
  });
  return withTable(withServers, 'faults', { columns: ['server', ...FAULTS.map(([column]) => column)], rows: faults });
}

/** The table for those who want to know only whether it works with their server. */
export function inShort(document: string): Table {
  const { columns, rows } = readTable(document, 'servers');
  return {
    columns: ['server', ...IN_SHORT],
    rows: rows.map((row) =>
      row.length < columns.length
        ? row
        : [row[0] ?? '', ...IN_SHORT.map((column) => shortened(column, row[columns.indexOf(column)] ?? ''))],
    ),
  };
}

function shortened(column: string, cell: string): string {
  if (column === 'client used') {
    return (
      cell
        .split('; ')
        .filter((grant) => !grant.startsWith('no '))
        .join(', ') || NOTHING
    );
  }
  return /^(?:yes|no)\b/u.exec(cell)?.[0] ?? cell;
}

function rowOf(outcome: Measured): readonly string[] {
  return [outcome.title, ...SERVERS.map(([, of]) => of(outcome) || NOTHING)];
}

function faultsOf({ title, faults, brokeOff }: Measured): readonly string[] {
  if (faults !== undefined) return [title, ...FAULTS.map(([, figure]) => String(faults[figure]))];
  return [title, `not measured${brokeOff === undefined ? '' : `: the journey broke off: ${brokeOff}`}`];
}

function journeysOf({ checks, failures, brokeOff }: Measured): string {
  const held = failures === 0 ? `all ${checks} checks hold` : `${failures} of ${checks} checks FAIL`;
  return brokeOff === undefined ? held : `the journey broke off: ${brokeOff}; ${held}`;
}
