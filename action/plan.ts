import { describeServer } from '../shared/discovery/describe-server.ts';
import { CATALOG } from '../shared/errors/catalog.ts';
import { printable } from '../shared/errors/printable.ts';
import type { RegistrarError } from '../shared/errors/registrar-error.ts';
import type { Http } from '../shared/http/http.ts';
import type { ManifestReading } from '../shared/manifest/assemble-clients.ts';
import type { Desired } from '../shared/manifest/desired.ts';
import type { ExplainedMember } from '../shared/manifest/presets.ts';
import type { Json } from '../shared/ports/ports.ts';
import { nextStep } from '../shared/reconcile/next-step.ts';
import {
  currentClient,
  stalePublications,
  type WantedPublication,
  wantedPublications,
} from '../shared/reconcile/record-queries.ts';
import { stopUntriedRotation } from '../shared/reconcile/untried-rotation.ts';
import { serverRecord, wantClient } from '../shared/reconcile/want.ts';
import type { RegistrationRecord } from '../shared/record/record.ts';
import { changedMembers } from '../shared/registration/compare-metadata.ts';
import { discoverOnce, forClient } from './apply.ts';
import { code, table, text } from './markdown.ts';
import type { core } from './toolkit.ts';

const NOTHING = 'nothing: all is as asked';
const ROTATION_WAITS = 'nothing: a rotation is due and waits for a run without `verify: false`';

/** What apply would do with one client, without doing it. */
export type PlannedClient = {
  readonly desired: Desired;
  readonly members: readonly ExplainedMember[];
  readonly server: readonly string[];
  /** What would be done, in words. */
  readonly would: string;
  /** Member by member, what the client has and what it would have. */
  readonly changes: readonly {
    readonly member: string;
    readonly from: Json | undefined;
    readonly to: Json | undefined;
  }[];
  readonly problem?: RegistrarError;
};

/** Works out what apply would send and where: reads documents of servers, changes nothing anywhere. */
export async function planClients(
  { desired: all, explained }: ManifestReading,
  records: Readonly<Record<string, RegistrationRecord>>,
  http: Http,
  { now, untried }: { readonly now: number; readonly untried: boolean },
): Promise<readonly PlannedClient[]> {
  const discover = discoverOnce(http);
  return Promise.all(
    all.map(async (desired): Promise<PlannedClient> => {
      const members = explained.get(desired.key) ?? [];
      const record = records[desired.key];
      const before = record && currentClient(record)?.requested;
      const changes = (before === undefined ? [] : changedMembers(before, desired.metadata)).map((member) => ({
        member,
        from: before?.[member],
        to: desired.metadata[member],
      }));
      try {
        const server = await discover(desired.server);
        const wanted = wantClient({ record, desired, server: serverRecord(server), now });
        return {
          desired,
          members,
          server: describeServer(server),
          would: whatWouldBeDone(wanted, now, untried),
          changes,
        };
      } catch (error) {
        const problem = forClient(error, desired);
        return { desired, members, server: [], would: 'do nothing, because of an error', changes, problem };
      }
    }),
  );
}

function whatWouldBeDone(asked: RegistrationRecord, now: number, untried: boolean): string {
  const record = withClaims(asked);
  const then = [...(untried ? [] : ['verify']), ...(record.desired.publish.length > 0 ? ['publish'] : [])];
  const publishes = then.length === 0 ? '' : then.length === 1 ? ` and ${then[0]}` : ', verify and publish';
  const next = nextStep(record, now);
  const step = untried ? stopUntriedRotation(record, next) : next;
  switch (step.kind) {
    case 'register':
      return currentClient(record) === undefined
        ? `register a client${publishes}`
        : `register a new client beside ${currentClient(record)?.clientId}${publishes}; its client_id changes`;
    case 'update':
      return record.traits.updateReplacesSecret === true
        ? 'update the client; the server replaces its secret at every update, which interrupts running apps'
        : 'update the client';
    case 'stop':
      return `stop: ${withoutStop(CATALOG[step.code].meaning)} (${withoutStop(CATALOG[step.code].hint)})`;
    case 'done':
      return next.kind === 'done' ? NOTHING : ROTATION_WAITS;
    case 'wait':
      return 'wait for an earlier call to be over';
    case 'publish':
      return `publish ${namesOf(stalePublications(record, step.client))}`;
    case 'unpublish':
      return 'remove from GitHub what is not to be published any more';
    default:
      return `go on where an earlier run stopped (${step.kind.replaceAll('_', ' ')})`;
  }
}

/** The record with all names taken that are asked for, which is done first and nothing to tell of by itself. */
function withClaims(record: RegistrationRecord): RegistrationRecord {
  const missing = wantedPublications(record).filter(({ publication }) => publication === undefined);
  const claims = missing.map(({ target, item }) => ({ target, item, state: 'claimed' as const, at: 0 }));
  return { ...record, published: [...record.published, ...claims] };
}

function withoutStop(sentence: string): string {
  return sentence.replace(/\.$/u, '');
}

function namesOf(publications: readonly WantedPublication[]): string {
  return publications.map(({ item }) => `${item.kind} ${item.name}`).join(', ');
}

/** The plan as lines of the log. */
export function tellPlan(to: typeof core, planned: readonly PlannedClient[]): void {
  for (const { desired, members, server, would, changes, problem } of planned) {
    to.info(`${desired.name} (${desired.key}): ${would}`);
    for (const { member, from, to: wanted } of changes) {
      to.info(`  ${printable(member, 60)}: ${show(from)} -> ${show(wanted)}`);
    }
    for (const line of server) to.info(`  ${line}`);
    if (problem) to.info(`  ${problem.message}`);
    for (const { member, value, from } of members) {
      to.info(
        `  ${printable(member, 60)}: ${printable(JSON.stringify(value))}${from === 'preset' ? `  (from type ${desired.type})` : ''}`,
      );
    }
    for (const line of settings(desired)) to.info(`  ${line}`);
    if (desired.makeKey) to.info('  jwks: a key pair is made and its public key sent');
  }
}

/** The plan as Markdown, under what becomes of the environment's clients; `notes` are lines of their own. */
export function planSummary(planned: readonly PlannedClient[], sentence: string, notes: readonly string[]): string {
  const lines = notes.map((note) => `- ${text(note)}`).join('\n');
  return [`### Plan`, text(sentence), lines, ...planned.map(planOf)]
    .filter((part) => part !== '')
    .join('\n\n')
    .concat('\n\n');
}

function planOf({ desired, members, server, would, changes, problem }: PlannedClient): string {
  const rows = members.map(({ member, value, from }) => [
    code(member),
    code(JSON.stringify(value)),
    from === 'preset' ? `type ${text(desired.type ?? '')}` : 'manifest',
  ]);
  const diff = changes.map(({ member, from, to }) => [code(member), code(show(from)), code(show(to))]);
  const found = server.map((line) => `- ${text(line)}`).join('\n');
  return [
    `#### ${text(desired.name)} (${code(desired.key)})`,
    would === NOTHING ? 'Nothing to do: all is as asked.' : `**Would** ${text(would)}.`,
    problem === undefined ? '' : text(problem.message),
    diff.length === 0 ? '' : table(['Changes', 'From', 'To'], diff),
    ...settings(desired).map((line) => `- ${text(line)}`),
    table(['Member', 'Value', 'From'], rows),
    found === '' ? '' : `<details><summary>Where the endpoints were read</summary>\n\n${found}\n\n</details>`,
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

/** What the manifest says besides metadata, for people. */
function settings({ publish, ttl }: Desired): readonly string[] {
  const names = publish.flatMap(({ environment, items }) =>
    items.map(
      ({ kind, name }) => `${kind} ${name}${environment === undefined ? '' : ` of environment ${environment}`}`,
    ),
  );
  return [
    ...(names.length === 0 ? [] : [`published as ${names.join(', ')}`]),
    ...(ttl === undefined ? [] : [ttl === 'job' ? 'deleted when the job ends' : `ttl ${ttl.seconds / 3600} h`]),
  ];
}

function show(value: Json | undefined): string {
  return value === undefined ? '(absent)' : printable(JSON.stringify(value));
}
