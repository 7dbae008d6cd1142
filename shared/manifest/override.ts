import type { Json, JsonObject } from '../ports/ports.ts';

/** True for an object of JSON, not a list or null. */
export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Whether a pattern such as `pr-*` fits a whole environment name; `*` stands for any characters, also none. */
export function matchesPattern(pattern: string, environment: string): boolean {
  const [head = '', ...pieces] = pattern.split('*');
  const tail = pieces.pop();
  if (tail === undefined) return pattern === environment;
  if (!environment.startsWith(head)) return false;
  let from = head.length;
  for (const piece of pieces) {
    const found = environment.indexOf(piece, from);
    if (found === -1) return false;
    from = found + piece.length;
  }
  return environment.length - from >= tail.length && environment.endsWith(tail);
}

/** Puts an override over a client: objects are merged, everything else is replaced, null removes. */
export function mergeOverride(base: JsonObject, over: JsonObject, at: readonly string[] = []): JsonObject {
  const merged = new Map(Object.entries(base));
  for (const [name, value] of Object.entries(over)) {
    const before = merged.get(name);
    // A member of client metadata is one value: half of one jwks and half of another would be neither.
    const whole = at[0] === 'metadata';
    if (value === null) merged.delete(name);
    else if (isObject(value) && !whole)
      merged.set(name, mergeOverride(isObject(before) ? before : {}, value, [...at, name]));
    else merged.set(name, value);
  }
  return Object.fromEntries(merged);
}

/** A copy without the values at some paths; a path into a list takes the whole list away. */
export function withoutPaths(value: JsonObject, paths: readonly (readonly (string | number)[])[]): JsonObject {
  const byName = Map.groupBy(paths, ([name]) => name);
  const kept = Object.entries(value).flatMap(([name, member]): [string, Json][] => {
    const inside = byName.get(name)?.map((path) => path.slice(1));
    if (inside === undefined) return [[name, member]];
    return isObject(member) && inside.every((path) => path.length > 0) ? [[name, withoutPaths(member, inside)]] : [];
  });
  return Object.fromEntries(kept);
}
