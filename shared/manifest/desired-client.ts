import { checkConsistency } from './check-consistency.ts';
import { checkMembers } from './check-members.ts';
import type { Desired, Owner, Ttl } from './desired.ts';
import { LIMITS, readDuration } from './durations.ts';
import { fillClient } from './fill-client.ts';
import type { TemplateContext } from './fill-template.ts';
import { type ExplainedMember, expandPreset, explainPreset, needsKey } from './presets.ts';
import { type Fault, type Finding, quoted, showPath } from './problems.ts';
import { prefixTargets, publishTargets } from './publish-targets.ts';
import { readRotation } from './rotation.ts';
import type { ClientEntry } from './schema.ts';
import { serverReference } from './server-reference.ts';
import { ownTemplates, sharedFindings } from './shared-client.ts';

/** What a run's inputs say about every client; the Action's inputs of the same names. */
export type ManifestOverrides = {
  /** Used for clients that name no server of their own. */
  readonly server?: string;
  /** Wins over the manifest: `job` or a duration. */
  readonly ttl?: string;
  /** Publishes the one client that has no `publish`, under names that begin like this. */
  readonly secretPrefix?: string;
  /** Only these clients. */
  readonly clients?: readonly string[];
  readonly strict?: boolean;
  readonly owner?: Owner;
  /** A software statement is sent that the manifest does not show. */
  readonly hasSoftwareStatement?: boolean;
  /** A Worker keeps the registrations and can host their public keys. */
  readonly hostsKeys?: boolean;
};

/** What a manifest is read for. */
export type ManifestOptions = {
  readonly templates: TemplateContext;
  readonly overrides: ManifestOverrides;
  /** Allow http to this machine, for tests. */
  readonly insecureLoopback: boolean;
};

/** Reads `job` or a duration. */
export function readTtl(text: string): Ttl | Fault {
  if (text === 'job') return 'job';
  const seconds = readDuration(text, LIMITS.ttl);
  if (typeof seconds === 'number') return { seconds };
  return { message: `${quoted(text)} ${seconds.message}`, expected: `job, or ${seconds.expected}` };
}

/**
 * Turns one checked entry into what is desired, with everything that is wrong with it. An entry is not `intact` when
 * parts of it were already found wrong and left out; then its members are not checked against each other.
 */
export function desiredClient(
  {
    name,
    entry: written,
    intact: whole,
    prefix,
    pattern = '*',
  }: {
    readonly name: string;
    readonly entry: ClientEntry;
    readonly intact: boolean;
    readonly prefix: string | undefined;
    readonly pattern?: string;
  },
  { templates, overrides, insecureLoopback }: ManifestOptions,
): {
  readonly desired: Desired;
  readonly explained: readonly ExplainedMember[];
  readonly findings: readonly Finding[];
} {
  const named =
    written.server === undefined && written.registration_endpoint === undefined && overrides.server !== undefined;
  const filled = fillClient(named ? { ...written, server: overrides.server } : written, {
    context: templates,
    insecureLoopback,
  });
  const { entry } = filled;
  const intact = whole && filled.findings.length === 0;
  const unfilled = new Set(filled.findings.map(({ at }) => showPath(at)));
  const own = entry.metadata;
  const metadata = expandPreset(entry.type, own);
  const makeKey = needsKey(metadata);
  const { server, findings: serverFindings } = serverReference(entry, { insecureLoopback, intact });
  const findings: Finding[] = [
    ...serverFindings,
    ...checkMembers(own, insecureLoopback),
    ...(intact ? checkConsistency(metadata, overrides.hasSoftwareStatement === true) : []),
  ];
  const ttl = entry.ttl === undefined ? undefined : readTtl(entry.ttl);
  if (typeof ttl === 'object' && 'message' in ttl) findings.push({ at: ['ttl'], ...ttl });
  const hosted = overrides.hostsKeys === true;
  const rotate = entry.rotate && readRotation(entry.rotate, { metadata, hosted, intact });
  const publish =
    entry.publish && publishTargets(entry.publish, { client: { metadata, makeKey }, context: templates, intact });
  const prefixed = prefix === undefined ? undefined : prefixTargets(prefix, { metadata, makeKey });
  findings.push(...(rotate?.findings ?? []), ...(publish?.findings ?? []));
  const desired: Desired = {
    key: `${templates.environment}/${name}`,
    name,
    environment: templates.environment,
    server,
    ...(entry.type === undefined ? {} : { type: entry.type }),
    metadata,
    makeKey,
    ...(ttl === undefined || (typeof ttl === 'object' && 'message' in ttl) ? {} : { ttl }),
    ...(overrides.owner === undefined ? {} : { owner: overrides.owner }),
    publish: publish?.targets ?? prefixed ?? [],
    ...(rotate === undefined ? {} : { rotation: rotate.rotation }),
    update: entry.update ?? 'ask',
    ...(entry.announce === undefined ? {} : { announce: entry.announce }),
    strict: entry.strict === true || overrides.strict === true,
    ...(entry.shared === true && { shared: pattern }),
  };
  findings.push(...sharedFindings(desired), ...(entry.shared === true ? ownTemplates(written.metadata) : []));
  return {
    desired,
    explained: explainPreset(entry.type, own),
    findings: [...filled.findings, ...findings.filter(({ at }) => !unfilled.has(showPath(at)))],
  };
}
