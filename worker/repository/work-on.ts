import type { Publication } from '../../shared/publish/sink.ts';
import { jitter } from '../../shared/reconcile/call.ts';
import type { Event } from '../../shared/reconcile/event.ts';
import { type Outcome, reconcile } from '../../shared/reconcile/reconcile.ts';
import type { RegistrationRecord } from '../../shared/record/record.ts';
import { decideIn } from './decide.ts';
import { addEvents, type HomeEvent } from './event-rows.ts';
import type { Home } from './home.ts';
import { isSeen } from './job-sink.ts';
import { logLine } from './platform.ts';
import { portsFor } from './ports-for.ts';
import { publisherFor } from './publisher.ts';
import { createRecordStore, type Loaded } from './record-store.ts';
import { findRow, ownerName, type Settled, settleRow } from './registration-rows.ts';
import { settle } from './settle.ts';
import { isShared } from './shared-client.ts';
import { whyBuried } from './tombstones.ts';
import { dueTogether } from './wanted-together.ts';

export type Piece = {
  /** What is being done, for the log. */
  readonly doing: string;
  readonly loaded: Loaded | undefined;
  /** The record as it is wanted. */
  readonly start: RegistrationRecord;
  /** What has already happened to it. */
  readonly happened?: readonly Event[];
  readonly run?: string | undefined;
  /** Nobody asked: do what is due, wait for nothing. */
  readonly alone?: boolean;
  readonly stopping?: () => boolean;
  /** Kept with the registration once the work is done. */
  readonly settled?: Settled;
  /** Called in the transaction that remembers what came of the work. */
  readonly concluding?: (outcome: Outcome, now: number) => void;
};

/** How long work that somebody waits for goes on waiting: for a server, and for calls from before an eviction. */
const PATIENCE = { patienceMs: 30_000, inFlightPatienceMs: 150_000 } as const;

/** Brings one registration to rest and remembers what came of it. To be called in the registration's turn. */
export async function workOn(home: Home, piece: Piece): Promise<Outcome> {
  const { clock, sql } = home;
  const { loaded, run, alone = false } = piece;
  const { key } = piece.start;
  const began = clock.now();
  const publisher = await publisherFor(home, piece.start);
  const publishes = publisher !== undefined;
  // What no job has looked at, or not since it was left, the App looks at itself before it takes the name.
  const start = publishes && !piece.start.published.every(isSure) ? onlySure(piece.start) : piece.start;
  const left: Publication[] = [];
  const store = createRecordStore(home, key, loaded, { run, left });
  const ports = portsFor(home, start, { store, publisher, run, left: (publication) => left.push(publication) });
  const outcome = await reconcile(start, ports, {
    ...(alone ? { patienceMs: 0 } : PATIENCE),
    kept: loaded?.stored,
    decide: decideIn({ alone, publishes }),
    stopping: () => piece.stopping?.() === true || isOver(home, piece.start),
  });

  const now = clock.now();
  const row = findRow(sql, key);
  const settled = settle({
    outcome,
    now,
    publishes,
    failures: row?.failures ?? 0,
    orphansTried: row?.orphans_tried ?? null,
    jitter: jitter(home),
  });
  const events: readonly (Event | HomeEvent)[] = [
    ...(piece.happened ?? []),
    ...outcome.events,
    ...newProblem(outcome, row?.problem ?? null, settled.problem ?? null),
  ];
  home.storage.transactionSync(() => {
    piece.concluding?.(outcome, now);
    settleRow(sql, key, {
      ...settled,
      ...piece.settled,
      ...(isShared(key) && { due: dueTogether(sql, outcome.record, settled.due ?? null, now) }),
      // Its owner ended meanwhile: that is done next.
      ...(row?.end_reason != null && row.status === 'active' && { due: now }),
    });
    addEvents(sql, events, { at: now, registration: key, run });
  });
  logLine({
    at: piece.doing,
    repository: home.repositoryId,
    registration: key,
    run,
    rest: outcome.rest,
    problem: outcome.problem?.code,
    events: [...events.map(({ kind }) => kind), ...(left.length === 0 ? [] : ['names_left'])],
    ms: now - began,
  });
  return outcome;
}

/** Nothing more is made for an owner that ended meanwhile, whoever asked: the alarm ends the registration next. */
function isOver({ sql }: Home, { owner, ending }: RegistrationRecord): boolean {
  return owner !== undefined && ending === undefined && whyBuried(sql, ownerName(owner)) !== undefined;
}

function onlySure(record: RegistrationRecord): RegistrationRecord {
  return { ...record, published: record.published.filter(isSure) };
}

/** Nobody else can have made it meanwhile. */
function isSure(entry: Publication): boolean {
  return isSeen(entry) && entry.leftAt === undefined;
}

/** A problem is told once, not at every attempt. */
function newProblem({ problem }: Outcome, before: string | null, now: string | null): readonly HomeEvent[] {
  if (problem === undefined || problem.code === 'publish_by_job' || before === now) return [];
  return [{ kind: 'stopped', code: problem.code, message: problem.message }];
}
