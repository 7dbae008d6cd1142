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
  const line = `${name}=${written(name, value, lines.slice(0, entry?.from))}`;
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

/**
 * Written so that Node's own reader, dotenv and a shell read the same value, and a shell finds nothing in it to execute:
 * the value is what a server says it is.
 */
function written(name: string, value: string, before: readonly string[]): string {
  if (/^[A-Za-z0-9_./:@%+,=-]+$/u.test(value)) return value;
  const quote = quoteFor(value);
  if (quote === undefined) {
    throw new RegistrarError('publish_failed', {
      message: `The value of ${name} has characters that no env file can hold so that Node, dotenv and a shell read the same. It was not written.`,
      hint: 'Leave this name out of `publish` for this environment; `show --secrets` shows the value, to be kept in another place.',
    });
  }
  const open = openQuote(before);
  if (open !== undefined) {
    throw new RegistrarError('publish_failed', {
      message: `For a shell, ${open} opens in the lines before ${name} and is not closed there, so that the value of ${name} would be read as commands. It was not written.`,
      hint: 'Put quotes around the value of the line with that character (`NAME="it\'s"`), or name another file with --env-file. The credentials are kept; run this again.',
    });
  }
  return `${quote}${value}${quote}`;
}

/** A key, which is the one thing of several lines that is made here. */
const PEM = /^-----BEGIN [A-Z ]+-----\n(?:[A-Za-z0-9+/]+={0,2}\n)+-----END [A-Z ]+-----\n?$/u;

function quoteFor(value: string): "'" | '"' | undefined {
  // Node drops CR, a shell NUL; what is half a character is another one in UTF-8.
  if (/[\p{Cc}\p{Cs}]/u.test(value) && !PEM.test(value)) return undefined;
  // For dotenv a backslash before the closing quote takes that quote into the value.
  if (!value.includes("'") && !value.endsWith('\\')) return "'";
  return /["$`\\!]/u.test(value) ? undefined : '"';
}

/** What opens in these lines, as a shell reads them, and does not close: a quote or a backtick. */
function openQuote(lines: readonly string[]): string | undefined {
  const closed = /\\[\s\S]|'[^']*'|"(?:\\[\s\S]|[^"\\])*"|`(?:\\[\s\S]|[^`\\])*`|(?<![^\s;&|()])#[^\n]*/gu;
  return /['"`]/u.exec(lines.join('\n').replace(closed, ' x '))?.[0];
}
