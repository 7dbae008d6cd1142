import { printable } from '../shared/errors/printable.ts';

/** Foreign text as it may stand in Markdown: one line, nothing of it is markup, a link or a mention. */
export function text(value: string): string {
  return printable(value)
    .replace(/[\\`*_{}[\]()#+!|~<>&@]/gu, (character) => `&#${character.codePointAt(0)};`)
    .replace(/(?<=https?):/giu, '&#58;');
}

/** Foreign text in a code span. */
export function code(value: string): string {
  return `<code>${text(value)}</code>`;
}

/** A table; cells are Markdown already. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
