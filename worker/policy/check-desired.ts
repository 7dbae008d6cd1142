import { printable } from '../../shared/errors/printable.ts';
import { type Problem, RegistrarError } from '../../shared/errors/registrar-error.ts';
import { checkMembers } from '../../shared/manifest/check-members.ts';
import type { Desired } from '../../shared/manifest/desired.ts';
import { type Finding, quoted, showPath } from '../../shared/manifest/problems.ts';
import { bareSchema } from '../../shared/manifest/schema.ts';
import { shapeProblems } from '../../shared/manifest/shape-problems.ts';
import type { JsonObject } from '../../shared/ports/ports.ts';
import type { ServerEntry } from '../config/config.ts';
import { checkUrl } from './check-url.ts';
import { addressesIn, stringsIn } from './metadata-strings.ts';
import { referenceOf, referenceProblems } from './reference-of.ts';

/**
 * Checks what a manifest asks for against what the operator allows at a server, before anything is sent: hosts of
 * everything that receives codes, keys or logouts, scopes, grants, response types, authentication, and where the server
 * is. The manifest's own rules are checked again, since the request need not come from the Action.
 *
 * Returns what to register, with the server as the operator has it. Throws a RegistrarError `policy_refused` that carries
 * every problem.
 */
export function checkDesired({ desired, entry }: { readonly desired: Desired; readonly entry: ServerEntry }): Desired {
  const problems = [
    ...referenceProblems(entry, desired.server),
    ...metadataFindings(desired.metadata, entry).map(located),
  ];
  const [first] = problems;
  if (first === undefined) return { ...desired, server: referenceOf(entry, desired.server) };
  const rest = problems.length === 1 ? '' : ` (and ${problems.length - 1} more)`;
  throw new RegistrarError('policy_refused', {
    message: `${printable(desired.key)} asks for what is not allowed at ${entry.name}: ${first.path} ${first.message}${rest}.`,
    client: desired.key,
    problems,
  });
}

function located({ at, message, expected }: Finding): Problem {
  return { path: showPath(at), message, ...(expected !== undefined && { expected }) };
}

function metadataFindings(metadata: JsonObject, entry: ServerEntry): readonly Finding[] {
  const shape = shapeProblems(bareSchema, metadata);
  if (shape.length > 0) return shape.map(inMetadata);
  const members = checkMembers(metadata, true).filter(({ warning }) => warning !== true);
  const told = new Set(members.map(({ at }) => showPath(at)));
  const addresses = addressFindings(metadata, entry)
    .map(inMetadata)
    .filter(({ at }) => !told.has(showPath(at)));
  const rest = [...scopeFindings(metadata, entry), ...flowFindings(metadata, entry)];
  return [...members, ...addresses, ...rest.map(inMetadata)];
}

function inMetadata(finding: Finding): Finding {
  return { ...finding, at: ['metadata', ...finding.at] };
}

function addressFindings(metadata: JsonObject, entry: ServerEntry): readonly Finding[] {
  return addressesIn(metadata).flatMap(({ at, text, rule }) => {
    const fault = checkUrl(text, rule, entry);
    return fault === undefined ? [] : [{ at, ...fault }];
  });
}

function scopeFindings(metadata: JsonObject, { name, scopes }: ServerEntry): readonly Finding[] {
  if (scopes === 'any') return [];
  if (metadata.scope === undefined) {
    const message = `is missing, so the server would choose; the operator allows only some at ${name}`;
    return [{ at: ['scope'], message, expected: 'the scopes that are needed' }];
  }
  const members = Object.entries(metadata).filter(([member]) => /scope/i.test(member));
  return members
    .flatMap(([member, value]) => stringsIn(value, [member]))
    .flatMap(({ at, text }) => refuseOthers(at, { asked: text.split(' '), allowed: scopes, name }));
}

function flowFindings(metadata: JsonObject, entry: ServerEntry): readonly Finding[] {
  const { grants, authMethods, name } = entry;
  // RFC 7591 section 2: what the standard means when they are left out.
  const asked = strings(metadata.grant_types);
  const method = String(metadata.token_endpoint_auth_method ?? 'client_secret_basic');
  const front = strings(metadata.response_types)
    .flatMap((type) => type.split(' '))
    .filter((word) => (word === 'token' || word === 'id_token') && !grants.includes('implicit'));
  return [
    ...refuseOthers(['grant_types'], {
      asked: asked.length > 0 ? asked : ['authorization_code'],
      allowed: grants,
      name,
    }),
    ...refuseOthers(['response_types'], { asked: front, allowed: [], name }),
    ...(authMethods === 'any'
      ? []
      : refuseOthers(['token_endpoint_auth_method'], { asked: [method], allowed: authMethods, name })),
    ...(metadata.software_statement === undefined
      ? []
      : [
          {
            at: ['software_statement'],
            message: 'is the operator’s to give, since it goes before the rest',
            expected: 'the manifest without it',
          },
        ]),
  ];
}

function refuseOthers(
  at: Finding['at'],
  {
    asked,
    allowed,
    name,
  }: { readonly asked: readonly string[]; readonly allowed: readonly string[]; readonly name: string },
): readonly Finding[] {
  return asked
    .filter((word) => !allowed.includes(word))
    .map((word) => ({ at, message: `has ${quoted(word)}, which the operator does not allow at ${name}` }));
}

/** The list that the schema has seen to, or an empty one. */
function strings(value: JsonObject[string] | undefined): readonly string[] {
  return Array.isArray(value) ? value.map(String) : [];
}
