/** A regular expression as it is written. */
export type Pattern = { readonly source: string; readonly flags: string };

// What a division cannot follow.
const BEFORE_PATTERN = /(?:^|[(,=:[!&|?{};~+\-*%<>^]|\b(?:return|typeof|case|in|of|void|throw|await|yield))\s*$/;

/** The regular expressions written in a source, also inside templates; strings and comments are passed over. */
export function patternsIn(source: string): readonly Pattern[] {
  const found: Pattern[] = [];
  /** Braces that are open inside each `${` that is. */
  const templates: number[] = [];
  let before = '';
  let at = 0;
  const skipString = (quote: string) => {
    for (at += 1; at < source.length && source[at] !== quote; at += 1) {
      if (source[at] === '\\') at += 1;
      else if (quote === '`' && source.startsWith('${', at)) {
        templates.push(0);
        at += 2;
        before = '{';
        return;
      }
    }
    at += 1;
    before = 'x';
  };
  while (at < source.length) {
    const character = source[at] ?? '';
    if (source.startsWith('//', at) && !BEFORE_PATTERN.test(`${before}x`)) at = lineEnd(source, at);
    else if (source.startsWith('/*', at)) at = source.indexOf('*/', at) + 2;
    else if (character === "'" || character === '"' || character === '`') skipString(character);
    else if (character === '/' && BEFORE_PATTERN.test(before)) {
      const end = patternEnd(source, at);
      const flags = /^[a-z]*/.exec(source.slice(end + 1, end + 10))?.[0] ?? '';
      found.push({ source: source.slice(at + 1, end), flags });
      at = end + 1 + flags.length;
      before = 'x';
    } else {
      const open = templates.length - 1;
      if (character === '}' && templates[open] === 0) {
        templates.pop();
        skipString('`');
        continue;
      }
      if (character === '{' && open >= 0) templates[open] = Number(templates[open]) + 1;
      if (character === '}' && open >= 0) templates[open] = Number(templates[open]) - 1;
      before = (before + character).slice(-20);
      at += 1;
    }
  }
  return found;
}

function lineEnd(source: string, at: number): number {
  const end = source.indexOf('\n', at);
  return end === -1 ? source.length : end;
}

function patternEnd(source: string, start: number): number {
  let inClass = false;
  for (let at = start + 1; at < source.length; at += 1) {
    const character = source[at];
    if (character === '\\') at += 1;
    else if (character === '[') inClass = true;
    else if (character === ']') inClass = false;
    else if (character === '/' && !inClass) return at;
  }
  throw new Error(`a pattern does not end: ${source.slice(start, start + 40)}`);
}
