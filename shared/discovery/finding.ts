import type { Server, Source } from './server.ts';

/** What one source says of an authorization server. Every address is absolute; none is checked further. */
export type Finding = {
  readonly source: Source;
  /** Registration endpoints in the order they are named: usually none or one. */
  readonly registrations: readonly string[];
  readonly token?: string;
  readonly authorization?: string;
  readonly issuer?: string;
  readonly says: Server['says'];
  /** What had to be passed over, for people. */
  readonly notes: readonly string[];
};

/** One document read: what it says, or in a few words why it says nothing usable. */
export type Reading =
  | { readonly kind: 'found'; readonly finding: Finding }
  | { readonly kind: 'nothing'; readonly outcome: string; readonly code: 'discovery_failed' | 'issuer_mismatch' };

/** A document that is not what was looked for. */
export function nothing(outcome: string, code: 'discovery_failed' | 'issuer_mismatch' = 'discovery_failed'): Reading {
  return { kind: 'nothing', outcome, code };
}

/** A finding as one line of the trail. */
export function findingInWords({ registrations, token, says, notes }: Finding): string {
  const names =
    registrations.length === 0
      ? 'names no registration endpoint'
      : `names the registration endpoint${token === undefined ? ', but no token endpoint' : ''}`;
  const version = says.fhirVersion === undefined ? [] : [`FHIR ${says.fhirVersion}`];
  return [...version, names, ...notes].join('; ');
}
