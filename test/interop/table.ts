import { readFileSync, writeFileSync } from 'node:fs';
import { CANDIDATES } from './candidates.ts';
import type { FaultFigures } from './faults.ts';
import type { Findings } from './probe.ts';
import type { Missing } from './server.ts';

export type Outcome =
  | { readonly kind: 'missing'; readonly title: string; readonly missing: Missing }
  | {
      readonly kind: 'measured';
      readonly title: string;
      readonly version: string;
      readonly findings: Findings;
      readonly faults?: FaultFigures;
      readonly checks: number;
      readonly failures: number;
      readonly seconds: number;
    };

const DOCUMENT = new URL('../../docs/interop.md', import.meta.url);
const COLUMNS: readonly (readonly [title: string, of: (outcome: Outcome & { kind: 'measured' }) => string])[] = [
  ['version', ({ version }) => version],
  ['discovery', ({ findings }) => findings.discovery],
  ['register', ({ findings }) => findings.register],
  ['read', ({ findings }) => findings.read],
  ['update', ({ findings }) => findings.update],
  ['secret rotation seen', ({ findings }) => findings.secretRotation],
  ['auth-method change', ({ findings }) => findings.authMethodChange],
  ['delete', ({ findings }) => findings.remove],
  ['gone after delete', ({ findings }) => findings.afterRemoval],
  ['quirks', ({ findings }) => findings.quirks.join('; ') || '–'],
  [
    'journeys',
    ({ checks, failures }) => (failures === 0 ? `all ${checks} checks hold` : `${failures} of ${checks} FAIL`),
  ],
];
const FAULT_COLUMNS: readonly (readonly [title: string, figure: keyof FaultFigures])[] = [
  ['answers spoiled', 'faults'],
  ['clients made or suspected', 'clientsMade'],
  ['left at the server', 'leftAtServer'],
  ['of them in our records', 'inRecords'],
  ['suspects', 'suspected'],
  ['neither', 'unaccounted'],
];

type Measured = Outcome & { readonly kind: 'measured' };

/** Puts the measured rows into the document; a row that was not measured this time stays as it was. */
export function writeTables(outcomes: readonly Outcome[]): void {
  const text = readFileSync(DOCUMENT, 'utf8');
  const outcomeOf = (title: string) => outcomes.find((outcome) => outcome.title === title);
  const servers = withTable(text, 'servers', {
    columns: COLUMNS.map(([title]) => title),
    titles: CANDIDATES.map(({ title }) => title),
    cells: (title) => {
      const outcome = outcomeOf(title);
      return outcome?.kind === 'measured' ? COLUMNS.map(([, of]) => of(outcome)) : undefined;
    },
    instead: (title) => {
      const outcome = outcomeOf(title);
      return outcome?.kind === 'missing' ? `not measured: ${outcome.missing.why}` : 'not measured';
    },
  });
  const faults = withTable(servers, 'faults', {
    columns: FAULT_COLUMNS.map(([title]) => title),
    titles: CANDIDATES.filter((candidate) => candidate.faults === true).map(({ title }) => title),
    cells: (title) => {
      const figures = (outcomeOf(title) as Measured | undefined)?.faults;
      return figures === undefined ? undefined : FAULT_COLUMNS.map(([, figure]) => String(figures[figure]));
    },
    instead: () => 'not measured',
  });
  writeFileSync(DOCUMENT, faults);
}

function withTable(
  text: string,
  name: string,
  table: {
    readonly columns: readonly string[];
    readonly titles: readonly string[];
    /** Undefined where nothing was measured. */
    readonly cells: (title: string) => readonly string[] | undefined;
    /** For a row that never was measured. */
    readonly instead: (title: string) => string;
  },
): string {
  const [begin, end] = [`<!-- ${name}: begin -->`, `<!-- ${name}: end -->`];
  const [head = '', rest = ''] = text.split(begin);
  const [old = '', tail = ''] = rest.split(end);
  const kept = new Map(old.split('\n').map((line) => [titleOf(line), line]));
  const rows = table.titles.map((title) => {
    const cells = table.cells(title)?.map((cell) => cell.replaceAll('|', '\\|').replaceAll('<', '&lt;'));
    if (cells !== undefined) return `| **${title}** | ${cells.join(' | ')} |`;
    return kept.get(title) ?? `| ${title} | ${table.instead(title)} |`;
  });
  const lines = [
    `| server | ${table.columns.join(' | ')} |`,
    `| --- | ${table.columns.map(() => '---').join(' | ')} |`,
    ...rows,
  ];
  return `${head}${begin}\n\n${lines.join('\n')}\n\n${end}${tail}`;
}

/** Of a row with figures in it. */
function titleOf(line: string): string {
  return /^\| \*\*(?<title>.+?)\*\* \|/u.exec(line)?.groups?.title ?? '';
}
