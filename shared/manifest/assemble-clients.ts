import type { Problem } from '../errors/registrar-error.ts';
import type { Desired } from './desired.ts';
import { desiredClient, type ManifestOptions, readTtl } from './desired-client.ts';
import { TEMPLATE_NAMES } from './fill-template.ts';
import type { ExplainedMember } from './presets.ts';
import { type Locate, type LocatedFinding, locateFindings, quoted, throwProblems } from './problems.ts';
import { publishConflicts } from './publish-targets.ts';
import { publishedNameFault } from './published-name.ts';
import type { ClientEntry } from './schema.ts';

/** What a manifest asks for in this run. */
export type ManifestReading = {
  readonly desired: readonly Desired[];
  /** By registration key: which metadata was written and which a client type added. */
  readonly explained: ReadonlyMap<string, readonly ExplainedMember[]>;
  /** Things that are allowed but probably not meant. */
  readonly warnings: readonly Problem[];
};

/** One client before templates and presets. */
export type Draft = {
  readonly name: string;
  readonly entry: ClientEntry;
  /** False when parts of it were already found wrong and left out. */
  readonly intact: boolean;
  /** False when the run is not about this client; then only the names it publishes to matter. */
  readonly selected: boolean;
  /** The name or pattern under `environments` whose changes are in it. */
  readonly pattern?: string;
  readonly locate: Locate;
};

function inputProblems(drafts: readonly Draft[], { templates, overrides }: ManifestOptions): readonly LocatedFinding[] {
  const problems: LocatedFinding[] = [];
  const report = (path: string, fault: Omit<Problem, 'path'>, warning = false) =>
    problems.push({ problem: { path, ...fault }, kind: undefined, warning });
  for (const name of TEMPLATE_NAMES.filter((taken) => Object.hasOwn(templates.values, taken))) {
    report('values', { message: `defines ${name}, which has a meaning of its own`, expected: 'another name' });
  }
  const ttl = overrides.ttl === undefined ? 'job' : readTtl(overrides.ttl);
  if (typeof ttl === 'object' && 'message' in ttl) report('ttl', ttl);
  if (overrides.secretPrefix === undefined) return problems;
  const bad = publishedNameFault(overrides.secretPrefix);
  const bare = drafts.filter(({ selected, entry }) => selected && entry.publish === undefined);
  if (bad !== undefined)
    report('secret-prefix', { message: `${quoted(overrides.secretPrefix)} cannot begin a name: ${bad}` });
  if (bare.length > 1) {
    const names = bare.map(({ name }) => name).join(', ');
    report('secret-prefix', {
      message: `fits one client, but ${names} have no publish`,
      expected: 'publish for each of them',
    });
  }
  if (bare.length === 0) {
    report('secret-prefix', { message: 'has no effect, because every client has its own publish' }, true);
  }
  return problems;
}

/**
 * Fills, expands and checks clients, and reports everything that is wrong with any of them, and with the inputs that
 * go with them, in one error.
 */
export function assembleClients(
  {
    drafts,
    found,
    code,
    where,
  }: {
    readonly drafts: readonly Draft[];
    /** What was found before. */
    readonly found: readonly LocatedFinding[];
    readonly code: 'manifest_invalid' | 'input_invalid';
    readonly where: string;
  },
  options: ManifestOptions,
): ManifestReading {
  const { overrides } = options;
  const built = drafts.map((draft) => {
    const entry = overrides.ttl === undefined ? draft.entry : { ...draft.entry, ttl: overrides.ttl };
    const prefix = draft.selected && draft.entry.publish === undefined ? overrides.secretPrefix : undefined;
    const client = desiredClient({ ...draft, entry, prefix }, options);
    // A wrong `ttl` input is one problem, not one of every client.
    const findings = client.findings.filter(({ at }) => overrides.ttl === undefined || at[0] !== 'ttl');
    return { ...client, draft, findings };
  });
  const selected = built.filter(({ draft }) => draft.selected);
  const located = selected.flatMap(({ draft, findings }) => locateFindings(findings, draft.locate));
  const conflicts = publishConflicts(built.map(({ desired }) => desired)).flatMap(({ client, finding }) =>
    built.filter(({ draft }) => draft.name === client).flatMap(({ draft }) => locateFindings([finding], draft.locate)),
  );
  const all = [...inputProblems(drafts, options), ...found, ...located, ...conflicts];
  throwProblems(all, { code, where });
  return {
    desired: selected.map(({ desired }) => desired),
    explained: new Map(selected.map(({ desired, explained }) => [desired.key, explained])),
    warnings: all.map(({ problem }) => problem),
  };
}
