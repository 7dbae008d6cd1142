/** Values that the runner replaces by `***` in everything a person sees. */
export type Masks = {
  readonly values: readonly string[];
  /** Adds a value and each of its lines. */
  readonly add: (value: string) => void;
  readonly apply: (text: string) => string;
};

export function createMasks(initial: readonly string[] = []): Masks {
  const values = new Set<string>();
  const masks: Masks = {
    get values() {
      return [...values];
    },
    add: (value) => {
      for (const part of [value, ...value.split(/[\r\n]+/).map((line) => line.trim())]) {
        if (part.trim() !== '') values.add(part);
      }
    },
    apply: (text) => hide(text, [...values]),
  };
  for (const value of initial) masks.add(value);
  return masks;
}

/** Overlapping and adjacent finds become one `***`. */
function hide(text: string, values: readonly string[]): string {
  const finds = values
    .flatMap((value) => {
      const found: { readonly start: number; readonly end: number }[] = [];
      for (let at = text.indexOf(value); at >= 0; at = text.indexOf(value, at + 1)) {
        found.push({ start: at, end: at + value.length });
      }
      return found;
    })
    .sort((a, b) => a.start - b.start);
  let result = '';
  let position = 0;
  let hiddenUntil = -1;
  for (const { start, end } of finds) {
    if (start > hiddenUntil) {
      result += `${text.slice(position, start)}***`;
    }
    hiddenUntil = Math.max(hiddenUntil, end);
    position = hiddenUntil;
  }
  return result + text.slice(position);
}
