import type { Json, JsonObject } from '../ports/ports.ts';
import { didYouMean } from './did-you-mean.ts';
import { METADATA_MEMBERS, type MetadataMember, RESPONSE_MEMBERS, untaggedName } from './metadata-members.ts';
import { isObject } from './override.ts';
import { type Finding, quoted } from './problems.ts';
import { urlProblem } from './url-problem.ts';

// RFC 7518 section 6: the private members of RSA, EC and OKP keys, and the whole of a symmetric one.
const PRIVATE_KEY_MEMBERS: readonly string[] = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'];
// RFC 6749 section 3.3
const SCOPE = /^[!#-[\]-~]+(?: [!#-[\]-~]+)*$/;
const LANGUAGE = /^[a-z]{1,8}(?:-[a-z0-9]{1,8})*$/i;

function checkUrls(name: string, value: Json, known: MetadataMember, insecureLoopback: boolean): readonly Finding[] {
  const rule = known.url;
  if (rule === undefined) return [];
  const texts = Array.isArray(value) ? value : [value];
  return texts.flatMap((text: Json, index): Finding[] => {
    const at = ['metadata', name, ...(Array.isArray(value) ? [index] : [])];
    const fault = typeof text === 'string' ? urlProblem(text, rule, insecureLoopback) : undefined;
    return fault === undefined ? [] : [{ at, ...fault, message: `${quoted(String(text))} ${fault.message}` }];
  });
}

function checkKeys(jwks: JsonObject): readonly Finding[] {
  // The schema has seen to it that they are objects, and wrong ones were left out.
  const keys = (jwks.keys ?? []) as readonly JsonObject[];
  return keys.flatMap((key, index): Finding[] => {
    const secret = PRIVATE_KEY_MEMBERS.filter((member) => Object.hasOwn(key, member));
    return secret.map((member) => ({
      at: ['metadata', 'jwks', 'keys', index, member],
      message: 'is part of a private key and would be sent to the server',
      expected: 'the public key only; if this file was ever pushed, make a new key',
    }));
  });
}

function checkLocalised(name: string, value: Json): readonly Finding[] {
  const base = untaggedName(name);
  const language = name.slice(base.length + 1);
  if (METADATA_MEMBERS.get(base)?.localised !== true) return [];
  const at = ['metadata', name];
  if (!LANGUAGE.test(language)) {
    return [
      { at, message: `has ${quoted(language)} as its language`, expected: 'a language tag such as fr or ja-Jpan-JP' },
    ];
  }
  return typeof value === 'string' ? [] : [{ at, message: 'is not a string', expected: 'a string' }];
}

function checkMember(name: string, value: Json, insecureLoopback: boolean): readonly Finding[] {
  const at = ['metadata', name];
  if (RESPONSE_MEMBERS.includes(name)) {
    return [{ at, message: 'is given by the server and cannot be asked for', expected: 'the manifest without it' }];
  }
  if (value === null) return [{ at, message: 'is null', expected: 'a value, or nothing at all' }];
  const known = METADATA_MEMBERS.get(untaggedName(name));
  if (known === undefined) {
    const meant = didYouMean(name, [...METADATA_MEMBERS.keys()]);
    const expected =
      meant === undefined
        ? []
        : [{ at, message: 'is not a member we know and is sent as it is', expected: meant, warning: true as const }];
    return expected;
  }
  const found = [
    ...(name.includes('#') ? checkLocalised(name, value) : []),
    ...checkUrls(name, value, known, insecureLoopback),
  ];
  if (name === 'scope' && typeof value === 'string' && !SCOPE.test(value)) {
    found.push({
      at,
      message: 'has characters that a scope cannot have, or more than single spaces between scopes',
      expected: 'scopes separated by one space, on one line (in YAML, >- instead of >)',
    });
  }
  if (name === 'jwks' && isObject(value)) found.push(...checkKeys(value));
  return found;
}

/**
 * Checks each member of client metadata by itself: what a server alone may set, null, URLs (RFC 7591 section 5),
 * scope (RFC 6749 section 3.3), private keys in `jwks`, languages (RFC 7591 section 2.2), probable misspellings.
 */
export function checkMembers(metadata: JsonObject, insecureLoopback: boolean): readonly Finding[] {
  return Object.entries(metadata).flatMap(([name, value]) => checkMember(name, value, insecureLoopback));
}
