import { Lexer, Parser } from 'yaml';

/** A manifest of a thousand clients is smaller. */
const LARGEST_TEXT = 256 * 1024;
/** Pieces of syntax; a text of that size that a person wrote has fewer. */
const MOST_PIECES = 100_000;
/** Collections that are open at once, far more than values may be nested. */
const MOST_OPEN = 200;

/**
 * Why a YAML text is not worth parsing, for a person; undefined when it is. The text is looked at piece by piece and no
 * further than needed: the parser itself goes through all of a hostile text, and takes seconds for it.
 */
export function refuseHostileText(text: string): string | undefined {
  if (text.length > LARGEST_TEXT) return `it is larger than ${LARGEST_TEXT / 1024} KiB`;
  const parser = new Parser();
  let pieces = 0;
  for (const piece of new Lexer().lex(text)) {
    pieces += 1;
    if (pieces > MOST_PIECES) return `it has more than ${MOST_PIECES} pieces of syntax`;
    // Runs the parser over this piece.
    Array.from(parser.next(piece));
    if (parser.stack.length > MOST_OPEN) return 'it is nested too deep';
  }
  return undefined;
}
