import { RegistrarError } from '../shared/errors/registrar-error.ts';

/** One variable of an env file: its lines, and whether they give it a value. */
export type EnvEntry = { readonly name: string; readonly from: number; readonly to: number; readonly empty: boolean };

const ASSIGNMENT = /^\s*(?:export\s+)?(?<name>[A-Za-z_][A-Za-z0-9_.-]*)\s*=\s*(?<value>.*?)\s*$/u;

/** The variables of an env file; a quoted value may go on over lines. */
export function readEntries(lines: readonly string[]): readonly EnvEntry[] {
  const entries: EnvEntry[] = [];
  for (let from = 0; from < lines.length; from += 1) {
    const { name, value = '' } = ASSIGNMENT.exec(lines[from] ?? '')?.groups ?? {};
    if (name === undefined) continue;
    const to = endOf(lines, from, value);
    entries.push({ name, from, to, empty: value === '' || value === '""' || value === "''" });
    from = to;
  }
  return entries;
}

function endOf(lines: readonly string[], from: number, value: string): number {
  const [quote = ''] = value;
  if (!['"', "'", '`'].includes(quote) || value.includes(quote, 1)) return from;
  const end = lines.findIndex((line, index) => index > from && line.includes(quote));
  return end === -1 ? from : end;
}

/** The text with one variable set, and everything else as it was. */
export function withVariable(text: string, name: string, value: string): string {
  const { lines, entry, eol } = find(text, name);
  const line = `${name}=${quoted(name, value)}`;
  if (entry !== undefined)
    return lines.toSpliced(entry.from, entry.to - entry.from + 1, ended(line, lines[entry.to])).join('\n');
  const open = text !== '' && !text.endsWith('\n');
  return `${text}${open ? eol : ''}${line}${eol}`;
}

/** The text without one variable. */
export function withoutVariable(text: string, name: string): string {
  const { lines, entry } = find(text, name);
  return entry === undefined ? text : lines.toSpliced(entry.from, entry.to - entry.from + 1).join('\n');
}

function find(text: string, name: string) {
  const lines = text.split('\n');
  // Of several lines the last one counts for whoever reads the file.
  const entry = readEntries(lines).findLast((candidate) => candidate.name === name);
  return { lines, entry, eol: lines[0]?.endsWith('\r') ? '\r\n' : '\n' };
}

function ended(line: string, before: string | undefined): string {
  return before?.endsWith('\r') ? `${line}\r` : line;
}

/** Quoted so that Node's own reader, dotenv and a shell read the same value. */
function quoted(name: string, value: string): string {
  if (/^[A-Za-z0-9_./:@%+,=-]+$/u.test(value)) return value;
  if (value.includes('\n')) {
    const oneLine = value.replaceAll('\n', '\\n');
    if (!/["\\\r]/u.test(value)) return `"${oneLine}"`;
  } else {
    const quote = ["'", '"', '`'].find((mark) => !value.includes(mark) && (mark === "'" || !value.includes('\\')));
    if (quote !== undefined) return `${quote}${value}${quote}`;
  }
  throw new RegistrarError('publish_failed', {
    message: `The value of ${name} has characters that an env file cannot hold.`,
    hint: 'Leave this name out of `publish` for this environment; `show --secrets` shows the value.',
  });
}
