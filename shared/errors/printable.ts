/** Longest piece of foreign text that is shown to people, in characters. */
export const PRINTABLE_LIMIT = 300;

// C0 and C1 controls, line and paragraph separators, bidirectional controls, zero-width characters, lone surrogates.
// biome-ignore lint/suspicious/noControlCharactersInRegex: removing them is the point
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\p{Surrogate}]+/gu;

/**
 * Text from a server or a pull request made safe to show: one line, no control or direction characters,
 * at most {@link PRINTABLE_LIMIT} characters, and nothing a workflow runner reads as a command
 * (`::name::` at the start of a line, `##[name]` anywhere).
 */
export function printable(text: string, limit = PRINTABLE_LIMIT): string {
  const line = text
    .slice(0, limit * 4)
    .replace(UNPRINTABLE, ' ')
    .replace(/\s+/gu, ' ')
    .trim()
    .replaceAll('::', ': :')
    .replaceAll('##[', '## [');
  const characters = [...line];
  return characters.length <= limit ? line : `${characters.slice(0, limit - 1).join('')}…`;
}

/** A URL as it may be shown: origin and path only, because query and userinfo can carry secrets. */
export function showUrl(url: string | URL): string {
  try {
    const parsed = new URL(url);
    return printable(parsed.origin === 'null' ? `${parsed.protocol}…` : parsed.origin + parsed.pathname);
  } catch {
    return printable(String(url).replace(/[?#].*$/su, ''));
  }
}
