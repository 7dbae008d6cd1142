import type { Json, JsonObject } from '../ports/ports.ts';

/** A member that the server answered differently from what was asked. */
export type Difference = {
  readonly member: string;
  readonly asked: Json;
  /** Undefined when the answer does not have the member. */
  readonly granted?: Json;
};

/** True when both ask for the same: order of lists and spelling of nothing (`null`, `""`, `[]`, absent) do not count. */
export function sameMetadata(one: JsonObject, other: JsonObject): boolean {
  return changedMembers(one, other).length === 0;
}

/** Names of the members in which two metadata objects differ, sorted. */
export function changedMembers(one: JsonObject, other: JsonObject): readonly string[] {
  return [...new Set([...Object.keys(one), ...Object.keys(other)])]
    .filter((member) => canonical(member, one[member]) !== canonical(member, other[member]))
    .sort();
}

/**
 * Compares what was asked with what was granted over the members we manage (RFC 7591 section 3.2.1: the server may
 * replace any value). Members that the answer leaves out are listed without `granted`.
 */
export function compareGranted(asked: JsonObject, granted: JsonObject): readonly Difference[] {
  return changedMembers(asked, granted)
    .filter((member) => canonical(member, asked[member]) !== '')
    .map((member) => {
      const answered = canonical(member, granted[member]) !== '';
      return { member, asked: asked[member] as Json, ...(answered && { granted: granted[member] as Json }) };
    });
}

function canonical(member: string, value: Json | undefined): string {
  if (value === undefined || value === null || value === '') return '';
  if (member === 'scope' && typeof value === 'string') return list(value.split(/\s+/u).filter((word) => word !== ''));
  if (Array.isArray(value)) return list(value as readonly Json[]);
  if (member === 'jwks' && typeof value === 'object') return keys(value as JsonObject);
  if (typeof value === 'object') return JSON.stringify(sorted(value));
  return list([value]);
}

function list(values: readonly Json[]): string {
  const written = values.map((value) => JSON.stringify(sorted(value)));
  return written.length === 0 ? '' : [...new Set(written)].sort().join();
}

/** What identifies a public key (RFC 7638 section 3.2), with its id. */
const KEY_MEMBERS = ['crv', 'e', 'kid', 'kty', 'n', 'x', 'y'];

function keys(jwks: JsonObject): string {
  const set = Array.isArray(jwks.keys) ? (jwks.keys as readonly Json[]) : [];
  return list(
    set.map((key) =>
      typeof key === 'object' && key !== null && !Array.isArray(key)
        ? Object.fromEntries(Object.entries(key).filter(([name]) => KEY_MEMBERS.includes(name)))
        : key,
    ),
  );
}

function sorted(value: Json): Json {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value as JsonObject)
      .map(([name, member]): [string, Json] => [name, sorted(member)])
      .sort(([one], [other]) => (one < other ? -1 : 1)),
  );
}
