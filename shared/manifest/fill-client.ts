import type { Json, JsonObject } from '../ports/ports.ts';
import { type Filled, fillText } from './fill-template.ts';
import { fillUrl, type UrlOptions } from './fill-url.ts';
import { holdsUrl } from './metadata-members.ts';
import type { Finding, Path } from './problems.ts';
import type { ClientEntry } from './schema.ts';

type Fill = (text: string, at: Path, asUrl: boolean) => string;

function fillJson(
  value: Json,
  { at, member, fill }: { readonly at: Path; readonly member: string; readonly fill: Fill },
): Json {
  if (typeof value === 'string') return fill(value, at, holdsUrl(member, value));
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    return value.map((item: Json, index) => fillJson(item, { at: [...at, index], member, fill }));
  }
  const filled = Object.entries(value).map(([name, inner]) => [
    name,
    fillJson(inner, { at: [...at, name], member: name, fill }),
  ]);
  return Object.fromEntries(filled) as JsonObject;
}

/**
 * Fills the templates in a client's metadata and addresses. What cannot be filled stays as it is written and is
 * among the findings. Names of members are never templates.
 */
export function fillClient(
  entry: ClientEntry,
  options: UrlOptions,
): { readonly entry: ClientEntry & { readonly metadata: JsonObject }; readonly findings: readonly Finding[] } {
  const findings: Finding[] = [];
  const fill: Fill = (text, at, asUrl) => {
    const filled: Filled = asUrl ? fillUrl(text, options) : fillText(text, options.context);
    if (filled.kind === 'filled') return filled.text;
    findings.push({ at, ...filled.fault, kind: 'template' });
    return text;
  };
  const addresses = Object.fromEntries(
    (['server', 'registration_endpoint', 'token_endpoint', 'issuer'] as const).flatMap((name) => {
      const text = entry[name];
      return text === undefined ? [] : [[name, fill(text, [name], true)]];
    }),
  );
  const origins = entry.configuration_endpoint_origins?.map((text, index) =>
    fill(text, ['configuration_endpoint_origins', index], true),
  );
  const metadata = Object.fromEntries(
    Object.entries(entry.metadata ?? {}).map(([name, value]) => [
      name,
      fillJson(value, { at: ['metadata', name], member: name, fill }),
    ]),
  );
  return {
    entry: {
      ...entry,
      ...addresses,
      ...(origins === undefined ? {} : { configuration_endpoint_origins: origins }),
      metadata,
    },
    findings,
  };
}
