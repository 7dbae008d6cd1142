import * as z from 'zod';
import { printable } from '../errors/printable.ts';
import { RegistrarError } from '../errors/registrar-error.ts';
import type { Owner } from '../manifest/desired.ts';
import { owner } from './desired-schema.ts';
import { RECORD_VERSION, type RegistrationRecord } from './record.ts';
import { recordSchema } from './record-schema.ts';
import { loose, type Shape } from './shape.ts';

/** Version of the stored set of records. */
const STATE_VERSION = 1;

/** An owner that has ended: what is older than the tombstone makes nothing for it any more. */
export type Tombstone = {
  readonly owner: Owner;
  /** Epoch milliseconds. */
  readonly since: number;
  /** The run that saw the end. */
  readonly run?: string;
};

/** All that is kept of one environment of a repository. */
export type StandaloneState = {
  readonly version: typeof STATE_VERSION;
  /** By registration key. */
  readonly registrations: Readonly<Record<string, RegistrationRecord>>;
  /** By owner, such as `pull_request:42`. */
  readonly tombstones?: Readonly<Record<string, Tombstone>>;
  /** The run that saved last, for people. */
  readonly savedBy?: string;
  /** Version of this product that saved last, for people who need at least that one. */
  readonly savedWith?: string;
};

/** State of an environment in which nothing was done yet. */
export const EMPTY_STATE: StandaloneState = { version: STATE_VERSION, registrations: {} };

const tombstone = loose({
  owner,
  since: z.number(),
  run: z.string().exactOptional(),
} satisfies Shape<Tombstone>);

const stateSchema: z.ZodType<StandaloneState> = loose({
  version: z.literal(STATE_VERSION),
  registrations: z.record(z.string(), recordSchema),
  tombstones: z.record(z.string(), tombstone).exactOptional(),
  savedBy: z.string().exactOptional(),
  savedWith: z.string().exactOptional(),
} satisfies Shape<StandaloneState>);

const versioned = z.object({ version: z.number(), savedWith: z.string().optional().catch(undefined) });

/**
 * State as text, to be sealed. What {@link decodeState} would not take is never written: that is a RegistrarError
 * `internal`.
 */
export function encodeState(state: StandaloneState): string {
  const text = JSON.stringify(state);
  try {
    decodeState(text);
  } catch (cause) {
    throw new RegistrarError('internal', {
      message: 'State was about to be saved that could not be read again.',
      cause,
    });
  }
  return text;
}

/**
 * State from text, checked so far that it can be relied on; members that it does not know are kept.
 *
 * Throws a RegistrarError `state_newer` when a later version wrote it and `state_damaged` for everything else. The
 * message names the place that is wrong, never a value.
 */
export function decodeState(text: string): StandaloneState {
  const json = parseJson(text);
  const newer = newerThanThis(json);
  if (newer !== undefined) {
    throw newer;
  }
  const result = stateSchema.safeParse(json);
  if (!result.success) {
    throw damaged(`${placeOf(result.error)} is not what it should be`);
  }
  const misplaced = Object.entries(result.data.registrations).find(([key, record]) => key !== record.key);
  if (misplaced !== undefined) {
    throw damaged(`the record under ${printable(misplaced[0])} is of another registration`);
  }
  return result.data;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw damaged('it is not JSON');
  }
}

/** Records have a version of their own; one of a later version makes all of the state newer. */
function newerThanThis(json: unknown): RegistrarError | undefined {
  const { version, savedWith } = versioned.safeParse(json).data ?? {};
  const { registrations = {} } =
    z.object({ registrations: z.record(z.string(), z.unknown()) }).safeParse(json).data ?? {};
  const newerRecord = Object.values(registrations).some(
    (record) => (versioned.safeParse(record).data?.version ?? 0) > RECORD_VERSION,
  );
  if (version === undefined || (version <= STATE_VERSION && !newerRecord)) {
    return undefined;
  }
  const by = savedWith === undefined ? '' : ` It was saved with version ${printable(savedWith)}.`;
  return new RegistrarError('state_newer', { message: `The state has a form that this version does not know.${by}` });
}

function damaged(what: string): RegistrarError {
  return new RegistrarError('state_damaged', { message: `The stored state cannot be used: ${what}.` });
}

function placeOf({ issues }: z.ZodError): string {
  const path = issues.slice(0, 1).flatMap((issue) => issue.path);
  return path.length === 0 ? 'the whole' : printable(path.map(String).join(' › '));
}
