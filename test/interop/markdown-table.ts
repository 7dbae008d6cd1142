/** A row begins with its name; a short one has no more than why there is nothing else. */
export type Table = { readonly columns: readonly string[]; readonly rows: readonly (readonly string[])[] };

/** The table between the markers of that name. */
export function readTable(text: string, name: string): Table {
  const [columns = [], _rule, ...rows] = split(text, name).table.split('\n').filter(isRow).map(cellsOf);
  return { columns, rows };
}

/** The text with another table between the markers of that name. */
export function withTable(text: string, name: string, { columns, rows }: Table): string {
  const { head, tail } = split(text, name);
  const lines = [columns, columns.map(() => '---'), ...rows].map((cells) => `| ${cells.map(escaped).join(' | ')} |`);
  return `${head}\n\n${lines.join('\n')}\n\n${tail}`;
}

function split(text: string, name: string): { readonly head: string; readonly table: string; readonly tail: string } {
  const [begin, end] = [`<!-- ${name}: begin -->`, `<!-- ${name}: end -->`];
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from === -1 || to < from) throw new Error(`there are no markers for the table ${name}`);
  const start = from + begin.length;
  return { head: text.slice(0, start), table: text.slice(start, to), tail: text.slice(to) };
}

function isRow(line: string): boolean {
  return line.startsWith('|');
}

function cellsOf(line: string): readonly string[] {
  return line
    .split(/(?<!\\)\|/u)
    .slice(1, -1)
    .map((cell) => cell.trim().replaceAll('\\|', '|').replaceAll('&lt;', '<'));
}

function escaped(cell: string): string {
  return cell.replaceAll('|', '\\|').replaceAll('<', '&lt;').replaceAll('\n', ' ');
}
