/** Longest piece of foreign text that is shown to people, in characters. */
export const PRINTABLE_LIMIT = 300;

// Controls, format characters (directions, zero width), lone surrogates, unassigned ones; line and paragraph separators.
const UNPRINTABLE = /[\p{C}\p{Zl}\p{Zp}]+/gu;

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
    .replace(/:(?=:)/gu, ': ')
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
    const written = String(url);
    return written.includes('@') ? '…' : printable(written.replace(/[?#].*$/su, ''));
  }
}
