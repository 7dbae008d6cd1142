import { printable } from '../shared/errors/printable.ts';

/** Longest piece of our own advice, in characters. */
const ADVICE_LIMIT = 1_500;

/** Foreign text as it may stand in Markdown: one line, nothing of it is markup, a link or a mention. */
export function text(value: string): string {
  return escaped(printable(value));
}

/** Foreign text in a code span. */
export function code(value: string): string {
  return `<code>${text(value)}</code>`;
}

/** Advice of ours in which `this` is code; what came into it from outside is no markup either. */
export function advice(hint: string): string {
  return printable(hint, ADVICE_LIMIT)
    .split('`')
    .map((part, index) => (index % 2 === 1 ? `<code>${escaped(part)}</code>` : escaped(part)))
    .join('');
}

/** A table; cells are Markdown already. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function escaped(line: string): string {
  return line
    .replace(/[\\`*_{}[\]()#+!|~<>&@]/gu, (character) => `&#${character.codePointAt(0)};`)
    .replace(/(?<=https?):/giu, '&#58;');
}
