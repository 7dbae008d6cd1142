import { holdsUrl, METADATA_MEMBERS, untaggedName } from '../../shared/manifest/metadata-members.ts';
import { isObject } from '../../shared/manifest/override.ts';
import type { Path } from '../../shared/manifest/problems.ts';
import type { UrlRule } from '../../shared/manifest/url-problem.ts';
import type { Json, JsonObject } from '../../shared/ports/ports.ts';

/** A string somewhere in client metadata. */
export type MetadataString = { readonly at: Path; readonly text: string; readonly rule: UrlRule };

/** Shown to users and followed by hand: no server sends anything there. */
const INFORMATION = new Set(['client_uri', 'logo_uri', 'tos_uri', 'policy_uri']);
/** Members that no standard has, and by whose names addresses are seen to be taken. */
const TAKES_ADDRESSES = /redirect|callback|logout|origins?$|ur[il]s?$|endpoints?$/i;

/** Every string of client metadata, however deep, that a server may send something to, or that it may take for an address. */
export function addressesIn(metadata: JsonObject): readonly MetadataString[] {
  return Object.entries(metadata).flatMap(([name, value]) => {
    const member = untaggedName(name);
    const known = METADATA_MEMBERS.get(member);
    if (INFORMATION.has(member)) return [];
    return stringsIn(value, [name]).flatMap(({ at, text }): MetadataString[] => {
      if (known !== undefined && known.type !== 'jwks') {
        return known.url === undefined ? [] : [{ at, text, rule: known.url }];
      }
      const names = at.filter((part) => typeof part === 'string');
      const taken = names.some((part) => known === undefined && TAKES_ADDRESSES.test(part));
      return taken || holdsUrl(String(names.at(-1)), text) ? [{ at, text, rule: 'redirect' }] : [];
    });
  });
}

/** Every string of one value, with its path. */
export function stringsIn(value: Json, at: Path): readonly { readonly at: Path; readonly text: string }[] {
  if (typeof value === 'string') return [{ at, text: value }];
  if (Array.isArray(value)) return value.flatMap((item: Json, index) => stringsIn(item, [...at, index]));
  return isObject(value) ? Object.entries(value).flatMap(([name, inner]) => stringsIn(inner, [...at, name])) : [];
}
