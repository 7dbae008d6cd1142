import { printable } from '../shared/errors/printable.ts';
import { isRegistrarError, RegistrarError } from '../shared/errors/registrar-error.ts';
import type { Owner } from '../shared/manifest/desired.ts';
import { isOwned } from '../shared/reconcile/record-queries.ts';
import { endRegistration } from '../shared/reconcile/transitions.ts';
import type { RegistrationRecord } from '../shared/record/record.ts';
import { bringToRest } from './bring-to-rest.ts';
import { ownerName } from './owner-name.ts';
import type { ClientReport } from './report.ts';
import { isAlive } from './select.ts';
import type { OpenState, Session } from './session.ts';

/** Ledger rows of clients that are known to be gone are kept this long. */
const LEDGER_MS = 365 * 86_400_000;

/** Says why an owner has ended; undefined while it has not, or when nobody can tell. */
export type OwnerEnded = (owner: Owner) => Promise<string | undefined>;

export type Swept = { readonly reports: readonly ClientReport[]; readonly problems: readonly RegistrarError[] };

/** Ends what belongs to owners that have ended and what has outlived its time, in every environment; nothing else. */
export async function sweepEnvironments({
  environments,
  session,
  ownerEnded,
  stopping,
  run,
  warn,
}: {
  readonly environments: readonly string[];
  readonly session: Session;
  readonly ownerEnded: OwnerEnded;
  readonly stopping: () => boolean;
  readonly run: string;
  readonly warn: (line: string) => void;
}): Promise<Swept> {
  const reports: ClientReport[] = [];
  const problems: RegistrarError[] = [];
  for (const environment of environments) {
    if (stopping()) break;
    try {
      const open = await session.open(environment);
      reports.push(...(await sweepOne(open, session, ownerEnded, stopping, run)));
    } catch (error) {
      if (!isRegistrarError(error)) throw error;
      // Production may have a key of its own that a sweep is not given.
      if (error.code === 'state_key_wrong' && environments.length > 1) {
        warn(`${printable(environment)} was not looked at: its state is sealed with another key than the one given.`);
      } else problems.push(inEnvironment(error, environment));
    }
  }
  return { reports, problems: [...problems, ...reports.flatMap(({ problem }) => (problem ? [problem] : []))] };
}

/** The same error, with the environment that it is about. */
function inEnvironment(error: RegistrarError, environment: string): RegistrarError {
  return new RegistrarError(error.code, {
    message: `${printable(environment)}: ${error.message}`,
    hint: error.hint,
    cause: error,
  });
}

async function sweepOne(
  open: OpenState,
  session: Session,
  ownerEnded: OwnerEnded,
  stopping: () => boolean,
  run: string,
): Promise<readonly ClientReport[]> {
  const ports = await session.ports(open);
  const now = ports.clock.now();
  const reports = await Promise.all(
    Object.values(open.state.registrations).map(async (record): Promise<ClientReport | undefined> => {
      const reason = await whyEnded(record, now, ownerEnded);
      if (reason === undefined && record.ending === undefined) return undefined;
      if (!isAlive(record)) return forgetOldRows(record, open, now);
      if (record.owner !== undefined)
        await open.store.bury(ownerName(record.owner), { owner: record.owner, since: now, run });
      const begun = record.ending === undefined ? endRegistration(record, now, reason ?? '') : { record, events: [] };
      const { record: from, events: before } = begun;
      const report = await bringToRest({ record: from, kept: record, ports, stopping, before });
      return { ...report, label: record.key };
    }),
  );
  await open.store.flush();
  return reports.filter((report) => report !== undefined);
}

async function whyEnded(record: RegistrationRecord, now: number, ownerEnded: OwnerEnded): Promise<string | undefined> {
  if (!isOwned(record) || record.ending !== undefined) return undefined;
  if (record.expiresAt !== undefined && record.expiresAt <= now) return 'its time to live is over';
  return record.owner && (await ownerEnded(record.owner));
}

async function forgetOldRows(record: RegistrationRecord, { store }: OpenState, now: number): Promise<undefined> {
  const ledger = record.ledger.filter(
    ({ endedAt, ended }) => ended === 'orphan' || endedAt === undefined || now - endedAt < LEDGER_MS,
  );
  if (ledger.length > 0 && ledger.length === record.ledger.length) return;
  if (ledger.length === 0 && record.orphans.length === 0) await store.remove(record.key);
  else await store.save({ ...record, ledger });
}
