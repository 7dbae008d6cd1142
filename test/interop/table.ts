import { readFileSync, writeFileSync } from 'node:fs';
import { CANDIDATES } from './candidates.ts';
import type { Findings } from './probe.ts';
import type { Missing } from './server.ts';

export type Outcome =
  | { readonly kind: 'missing'; readonly title: string; readonly missing: Missing }
  | {
      readonly kind: 'measured';
      readonly title: string;
      readonly version: string;
      readonly findings: Findings;
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
const MARK = { begin: '<!-- table: begin -->', end: '<!-- table: end -->' };

/** Puts the measured rows into the document; a row that was not measured this time stays as it was. */
export function writeTable(outcomes: readonly Outcome[]): void {
  const text = readFileSync(DOCUMENT, 'utf8');
  const [head = '', rest = ''] = text.split(MARK.begin);
  const [old = '', tail = ''] = rest.split(MARK.end);
  const kept = new Map(old.split('\n').map((line) => [titleOf(line), line]));
  const measured = new Map(outcomes.map((outcome) => [outcome.title, outcome]));
  const rows = CANDIDATES.map(({ title }) => {
    const outcome = measured.get(title);
    if (outcome?.kind === 'measured') return rowOf(outcome);
    return (
      kept.get(title) ?? `| **${title}** | not measured${outcome === undefined ? '' : `: ${outcome.missing.why}`} |`
    );
  });
  const table = [
    `| server | ${COLUMNS.map(([title]) => title).join(' | ')} |`,
    `| --- | ${COLUMNS.map(() => '---').join(' | ')} |`,
    ...rows,
  ].join('\n');
  writeFileSync(DOCUMENT, `${head}${MARK.begin}\n\n${table}\n\n${MARK.end}${tail}`);
}

function titleOf(line: string): string {
  return /^\| \*\*(?<title>.+?)\*\* \|/u.exec(line)?.groups?.title ?? '';
}

function rowOf(outcome: Outcome & { readonly kind: 'measured' }): string {
  const cells = COLUMNS.map(([, of]) => of(outcome).replaceAll('|', '\\|').replaceAll('<', '&lt;'));
  return `| **${outcome.title}** | ${cells.join(' | ')} |`;
}
