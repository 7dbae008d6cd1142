/** A JSON object as it comes from a server: nothing about its members is known. */
export type Members = Readonly<Record<string, unknown>>;

/** The value as an object; undefined for anything else. */
export function asMembers(value: unknown): Members | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Members) : undefined;
}

/** The objects in a list; a single object counts as a list of one, anything else as an empty one. */
export function asList(value: unknown): Members[] {
  const items: readonly unknown[] = Array.isArray(value) ? value : [value];
  return items.map(asMembers).filter((item) => item !== undefined);
}

/** A text that is not empty, without surrounding blanks. */
export function asText(value: unknown): string | undefined {
  const text = typeof value === 'string' ? value.trim() : '';
  return text === '' ? undefined : text;
}

/** The texts in a list; a single text is split at blanks, as `scope` is. */
export function asTexts(value: unknown): readonly string[] | undefined {
  const items: readonly unknown[] = typeof value === 'string' ? value.split(/\s+/) : Array.isArray(value) ? value : [];
  const texts = items.flatMap((item) => asText(item) ?? []);
  return texts.length === 0 ? undefined : texts;
}

/**
 * Addresses of servers reach logs, outputs and shells: nothing passes that a shell or a workflow command gives a meaning.
 * Without the flags `iu` together, to which the Kelvin sign is a K and the long s an S.
 */
const HARMLESS = /^[Hh][Tt][Tt][Pp][Ss]?:\/\/[A-Za-z0-9\-._~:/?#[\]@!&*+,=%]+$/u;

/** An absolute http(s) URL exactly as written, or a relative one resolved against `base`; undefined for anything else. */
export function asUrl(value: unknown, base?: string): string | undefined {
  const text = asText(value);
  if (text === undefined) return undefined;
  if (URL.canParse(text)) return HARMLESS.test(text) ? text : undefined;
  const href = base !== undefined && URL.canParse(text, base) ? new URL(text, base).href : '';
  return HARMLESS.test(href) ? href : undefined;
}

/** The members that have a value; what is undefined is left out. */
export function known<T extends Members>(members: T): { readonly [Name in keyof T]?: Exclude<T[Name], undefined> } {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as {
    readonly [Name in keyof T]?: Exclude<T[Name], undefined>;
  };
}
