import { printable } from '../errors/printable.ts';
import { RegistrarError } from '../errors/registrar-error.ts';
import type { Json, JsonObject } from '../ports/ports.ts';
import { assembleClients, type Draft, type ManifestReading } from './assemble-clients.ts';
import type { ManifestOptions } from './desired-client.ts';
import { didYouMean } from './did-you-mean.ts';
import { METADATA_MEMBERS, untaggedName } from './metadata-members.ts';
import { isObject, matchesPattern, mergeOverride, withoutPaths } from './override.ts';
import { type ManifestDocument, parseDocument } from './parse-document.ts';
import { type Finding, type Locate, locateFindings, type Path, showPath } from './problems.ts';
import { bareSchema, type ClientEntry, manifestSchema } from './schema.ts';
import { shapeProblems } from './shape-problems.ts';

/** The name of the one client of a manifest that is client metadata alone. */
export const BARE_CLIENT_NAME = 'client';

type Reading = { readonly drafts: readonly Draft[]; readonly findings: readonly Finding[] };

/** Client metadata alone: none of a manifest's own members, and at least one that is known of metadata. */
function isBare(value: Json): value is JsonObject {
  if (!isObject(value)) return false;
  const names = Object.keys(value);
  const own = names.some((name) => ['$schema', 'version', 'clients', 'environments'].includes(name));
  return !own && names.some((name) => METADATA_MEMBERS.has(untaggedName(name)));
}

function readBare(value: JsonObject, document: ManifestDocument): Reading {
  const findings = shapeProblems(bareSchema, value);
  const metadata = withoutPaths(
    value,
    findings.map(({ at }) => at),
  );
  const strip = (at: Path) => (at[0] === 'metadata' ? at.slice(1) : []);
  const locate: Locate = (at) => ({
    ...document.locate(strip(at)),
    path: showPath(at[0] === 'metadata' ? strip(at) : at),
  });
  const draft = { name: BARE_CLIENT_NAME, entry: { metadata }, intact: findings.length === 0, selected: true, locate };
  return { drafts: [draft], findings };
}

/** Whether an override says something about a path, so that a problem there is to be shown there. */
function decides(over: Json | undefined, at: Path): boolean {
  const [part, ...rest] = at;
  if (part === undefined || !isObject(over)) return over !== undefined;
  return decides(Object.hasOwn(over, part) ? over[part] : undefined, rest);
}

const memberOf = (value: Json | undefined, name: string | undefined): Json | undefined =>
  isObject(value) && name !== undefined && Object.hasOwn(value, name) ? value[name] : undefined;

function unknownClients(environments: Json | undefined, names: readonly string[]): readonly Finding[] {
  if (!isObject(environments)) return [];
  return Object.entries(environments).flatMap(([pattern, overrides]) =>
    (isObject(overrides) ? Object.keys(overrides) : [])
      .filter((name) => !names.includes(name))
      .map((name) => ({
        at: ['environments', pattern, name],
        message: 'is not one of the clients',
        expected: didYouMean(name, names) ?? `one of ${names.join(', ')}`,
      })),
  );
}

function readClients(document: ManifestDocument, { templates, overrides }: ManifestOptions): Reading {
  const { value } = document;
  if (value === null) {
    return { drafts: [], findings: [{ at: [], message: 'is empty', expected: 'version: 1 and clients' }] };
  }
  const shape = shapeProblems(manifestSchema, value);
  const clients = memberOf(value, 'clients');
  const environments = memberOf(value, 'environments');
  const entries = isObject(clients) ? Object.entries(clients) : [];
  const names = entries.map(([name]) => name);
  // Objects put names like 42 first, but the first match in the file is what counts.
  const [pattern] = Object.keys(isObject(environments) ? environments : {})
    .filter((name) => matchesPattern(name, templates.environment))
    .map((name) => ({ name, offset: Number(document.positionOf(['environments', name])?.offset) }))
    .sort((one, other) => one.offset - other.offset)
    .map(({ name }) => name);
  const below = (...prefix: readonly (string | undefined)[]): readonly Path[] =>
    shape
      .map(({ at }) => at)
      .filter((at) => prefix.every((part, index) => at[index] === part))
      .map((at) => at.slice(prefix.length));
  const drafts = entries.flatMap(([name, base]): Draft[] => {
    if (!isObject(base)) return [];
    const override = memberOf(memberOf(environments, pattern), name);
    const wrong = [below('clients', name), pattern === undefined ? [] : below('environments', pattern, name)] as const;
    const over = isObject(override) ? withoutPaths(override, wrong[1]) : {};
    const entry: ClientEntry = mergeOverride(withoutPaths(base, wrong[0]), over);
    const resolve = (at: Path): Path =>
      pattern !== undefined && decides(override, at)
        ? ['environments', pattern, name, ...at]
        : ['clients', name, ...at];
    const intact = wrong.every((paths) => paths.length === 0);
    const selected = overrides.clients === undefined || overrides.clients.includes(name);
    const changed = pattern !== undefined && isObject(override) ? { pattern } : {};
    return [{ name, entry, intact, selected, ...changed, locate: (at) => document.locate(resolve(at)) }];
  });
  return { drafts, findings: [...shape, ...unknownClients(environments, names)] };
}

/**
 * Reads a manifest: YAML or JSON of version 1, or client metadata (RFC 7591) alone, which is one client named
 * `client` at the server of `overrides.server`. Overrides of the environment are merged in, templates filled, client
 * types expanded, and the metadata checked by RFC 7591's rules. Nothing is sent anywhere.
 *
 * `path` is only for messages. Everything wrong is reported in one error with path, line and what would be right.
 * Throws `manifest_unreadable`, `manifest_invalid`, `template_invalid`, `publish_conflict`, and `client_unknown`.
 */
export function readManifest(
  file: { readonly text: string; readonly path: string },
  options: ManifestOptions,
): ManifestReading {
  const document = parseDocument(file.text, file.path);
  const { value } = document;
  const { drafts, findings } = isBare(value) ? readBare(value, document) : readClients(document, options);
  const reading = assembleClients(
    { drafts, found: locateFindings(findings, document.locate), code: 'manifest_invalid', where: file.path },
    options,
  );
  const names = drafts.map(({ name }) => name);
  const unknown = options.overrides.clients?.find((name) => !names.includes(name));
  if (unknown !== undefined) {
    const meant = didYouMean(unknown, names);
    throw new RegistrarError('client_unknown', {
      message: `${printable(file.path)} has no client ${printable(unknown)}${meant === undefined ? '' : ` (did you mean ${meant}?)`}; it has ${names.join(', ')}.`,
    });
  }
  return reading;
}
