import type { StandaloneState, Tombstone } from '../../shared/record/codec.ts';
import type { RegistrationRecord } from '../../shared/record/record.ts';
import { canonical } from './canonical.ts';

/** The kinds of things in a state that are changed, and merged, one by one. */
export type Entry =
  | { readonly kind: 'registration'; readonly name: string; readonly value?: RegistrationRecord }
  | { readonly kind: 'tombstone'; readonly name: string; readonly value?: Tombstone };

/** By {@link idOf}; an entry without a value is one to remove. */
export type Changes = ReadonlyMap<string, Entry>;

export const idOf = ({ kind, name }: Entry): string => `${kind} ${name}`;

/** Text that is equal for equal values; undefined for an entry that is not there. */
export function valueText({ value }: Entry): string | undefined {
  return value === undefined ? undefined : canonical(value);
}

/** The values of a state as comparable text, by {@link idOf}. */
export function textsOf({ registrations, tombstones }: StandaloneState): Map<string, string> {
  return new Map(
    [
      ...Object.entries(registrations).map(([name, value]): Entry => ({ kind: 'registration', name, value })),
      ...Object.entries(tombstones ?? {}).map(([name, value]): Entry => ({ kind: 'tombstone', name, value })),
    ].map((entry) => [idOf(entry), canonical(entry.value)]),
  );
}

/** A state with changes made; everything else stays, members that are not known here too. */
export function withChanges(state: StandaloneState, changes: readonly Entry[]): StandaloneState {
  const registrations = new Map(Object.entries(state.registrations));
  const tombstones = new Map(Object.entries(state.tombstones ?? {}));
  for (const { kind, name, value } of changes) {
    switch (kind) {
      case 'registration':
        put(registrations, name, value);
        break;
      case 'tombstone':
        put(tombstones, name, value);
        break;
    }
  }
  const { tombstones: _, ...rest } = state;
  return {
    ...rest,
    registrations: Object.fromEntries(registrations),
    ...(tombstones.size === 0 ? {} : { tombstones: Object.fromEntries(tombstones) }),
  };
}

function put<Value>(values: Map<string, Value>, name: string, value: Value | undefined): void {
  if (value === undefined) {
    values.delete(name);
  } else {
    values.set(name, value);
  }
}
