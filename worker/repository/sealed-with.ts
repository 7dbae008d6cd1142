import { VERSION } from '../version.ts';
import type { Home } from './home.ts';
import { getMeta, setMeta } from './meta.ts';

/** Every record that opens is known to be sealed with the first of these keys. */
export function sealedAnew(home: Pick<Home, 'sql' | 'vault'>): boolean {
  const { sql, vault } = home;
  const sealed = getMeta(sql, 'sealed_with');
  return sealed === idsOf(vault) || sealed === withoutPassed(vault);
}

/** What `sealed_with` is once all records have been gone through. */
export function sealedAll(home: Pick<Home, 'sql' | 'vault'>): string {
  return passedOver(home) === undefined ? idsOf(home.vault) : withoutPassed(home.vault);
}

/** The last record that was passed over since the keys were changed to these; those before it are not looked at again. */
export function passedOver({ sql, vault }: Pick<Home, 'sql' | 'vault'>): string | undefined {
  const value = getMeta(sql, 'sealing_passed');
  if (value === undefined) return undefined;
  const { keys, last } = JSON.parse(value) as { readonly keys: string; readonly last: string };
  return keys === withoutPassed(vault) ? last : undefined;
}

/** Remembers that a record does not open; to be called in the order of the keys of records. */
export function passOver({ sql, vault }: Pick<Home, 'sql' | 'vault'>, last: string): void {
  setMeta(sql, 'sealing_passed', JSON.stringify({ keys: withoutPassed(vault), last }));
}

function idsOf({ keyIds }: Home['vault']): string {
  return keyIds.join(' ');
}

/** Another version may open what this one passed over. */
function withoutPassed(vault: Home['vault']): string {
  return `${idsOf(vault)}, but for what ${VERSION} cannot open`;
}
