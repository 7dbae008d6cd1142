/** What must be in no log and on no screen. A value that was known once stays known. */
export type Secrets = {
  readonly add: (...values: readonly (string | undefined)[]) => void;
  /** Asked again each time, for what comes to be during a run. */
  readonly addFrom: (source: () => Iterable<string | undefined>) => void;
  readonly within: (text: string) => readonly string[];
  /** The text with *** in place of each of them, also where it is JSON. */
  readonly mask: (text: string) => string;
};

export function gatherSecrets(): Secrets {
  const known = new Set<string>();
  const sources: (() => Iterable<string | undefined>)[] = [];
  const add: Secrets['add'] = (...values) => {
    for (const value of values) {
      if (value === undefined || value === '') continue;
      known.add(value);
      known.add(JSON.stringify(value).slice(1, -1));
    }
  };
  const within: Secrets['within'] = (text) => {
    for (const source of sources) add(...source());
    return [...known].filter((value) => text.includes(value)).sort((one, other) => other.length - one.length);
  };
  return {
    add,
    addFrom: (source) => sources.push(source),
    within,
    mask: (text) => within(text).reduce((masked, value) => masked.replaceAll(value, '***'), text),
  };
}
