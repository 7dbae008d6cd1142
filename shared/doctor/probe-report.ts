import { printable } from '../errors/printable.ts';
import type { Json } from '../ports/ports.ts';
import { describeAnswer } from '../reconcile/describe-answer.ts';
import type { Event } from '../reconcile/event.ts';
import type { Outcome } from '../reconcile/reconcile.ts';
import { currentClient } from '../reconcile/record-queries.ts';
import type { Client } from '../record/record.ts';
import type { Answer, Verb } from '../registration/answer.ts';
import type { LeftBehind } from './left-behind.ts';

/** `unclear`: the server answered, and it shows nothing. */
export type ProbeResult = 'worked' | 'failed' | 'unclear' | 'skipped';

export type ProbeStep = {
  readonly step: 'register' | 'try' | 'read' | 'update' | 'try again' | 'delete';
  readonly result: ProbeResult;
  /** What the answer showed, line by line. Printable. */
  readonly showed: readonly string[];
};

/** What came of a throw-away client. */
export type ProbeReport = {
  readonly steps: readonly ProbeStep[];
  readonly client_id?: string;
  readonly used_initial_access_token: boolean;
  /** An update gave the client another secret. */
  readonly update_replaces_secret: boolean;
  readonly left_behind: readonly LeftBehind[];
};

/** The last answer to each call. */
export type Heard = Partial<Record<Verb, Answer>>;

/** What registering showed (RFC 7591 section 3.2). */
export function registerStep({ record, events, problem }: Outcome, heard: Heard, withToken: boolean): ProbeStep {
  const client = currentClient(record);
  if (client === undefined) {
    const unclear = problem?.code === 'registration_unknown';
    return { step: 'register', result: unclear ? 'unclear' : 'failed', showed: [said(heard.register, problem)] };
  }
  return {
    step: 'register',
    result: 'worked',
    showed: [
      `client_id ${printable(client.clientId)}`,
      withToken ? 'took the initial access token' : 'asked for no initial access token',
      secretLine(client),
      client.access === undefined
        ? `cannot be read, changed or deleted by us: ${client.accessWithheld}`
        : 'gave a registration access token and a client configuration endpoint (RFC 7592)',
      ...differences(events),
    ],
  };
}

/** Whether the credentials work at the token endpoint. */
export function tryStep(step: 'try' | 'try again', { record }: Outcome): ProbeStep {
  const { outcome, reason } = currentClient(record)?.verification ?? { outcome: 'unknown', reason: 'not tried' };
  const result = ({ works: 'worked', refused: 'failed', unknown: 'unclear' } as const)[outcome];
  return { step, result, showed: [printable(reason)] };
}

/** What reading showed (RFC 7592 section 2.1). */
export function readStep({ record, events, problem }: Outcome, heard: Heard): ProbeStep {
  if (heard.read?.kind !== 'client') return { step: 'read', result: 'failed', showed: [said(heard.read, problem)] };
  return {
    step: 'read',
    result: 'worked',
    showed: [
      record.traits.readReplacesToken === true
        ? 'replaced the registration access token'
        : 'kept the registration access token',
      ...(has(events, 'secret_replaced') ? ['replaced the secret'] : []),
    ],
  };
}

/** What updating showed (RFC 7592 section 2.2). */
export function updateStep({ record, events, problem }: Outcome, heard: Heard): ProbeStep {
  const client = currentClient(record);
  const granted = client?.granted.client_name;
  if (heard.update?.kind !== 'client' || client === undefined) {
    return { step: 'update', result: 'failed', showed: [said(heard.update, problem)] };
  }
  const took = granted === undefined || String(granted).includes('updated');
  return {
    step: 'update',
    result: took ? 'worked' : 'failed',
    showed: [
      took ? 'took the change' : 'answered without the change',
      updatedSecretLine(client, events),
      record.traits.updateReplacesToken === true
        ? 'replaced the registration access token'
        : 'kept the registration access token',
      ...(has(events, 'client_id_changed') ? [`changed the client_id to ${printable(client.clientId)}`] : []),
      ...(record.traits.updateWantsSecret === true ? ['wants the current secret in an update'] : []),
    ],
  };
}

/** What deleting showed (RFC 7592 section 2.3). */
export function deleteStep({ events, problem }: Outcome): ProbeStep {
  const last = events.find((event) => event.kind === 'deleted' || event.kind === 'orphaned');
  if (last === undefined) return { step: 'delete', result: 'unclear', showed: [said(undefined, problem)] };
  return { step: 'delete', result: last.kind === 'deleted' ? 'worked' : 'failed', showed: [printable(last.reason)] };
}

/** Why a call was not a success. */
function said(answer: Answer | undefined, problem: Outcome['problem']): string {
  return printable(answer === undefined ? (problem?.message ?? 'no answer yet') : describeAnswer(answer));
}

function secretLine({ clientSecret, clientSecretExpiresAt: expiresAt = 0 }: Client): string {
  if (clientSecret === undefined) return 'gave no secret';
  return expiresAt === 0
    ? 'gave a secret that does not expire'
    : `gave a secret that expires at ${new Date(expiresAt * 1000).toISOString()}`;
}

function updatedSecretLine({ clientSecret }: Client, events: readonly Event[]): string {
  if (has(events, 'secret_replaced')) return 'replaced the secret: apps that run would be interrupted';
  return clientSecret === undefined ? 'there is no secret' : 'kept the secret';
}

function has(events: readonly Event[], kind: Event['kind']): boolean {
  return events.some((event) => event.kind === kind);
}

function differences(events: readonly Event[]): readonly string[] {
  return events.flatMap((event) =>
    event.kind === 'differs'
      ? event.differences.map(
          ({ member, asked, granted = null }) => `granted another ${printable(member, 60)}: ${shown(asked, granted)}`,
        )
      : [],
  );
}

function shown(asked: Json, granted: Json): string {
  return `${printable(JSON.stringify(asked), 100)} was asked, ${printable(JSON.stringify(granted), 100)} granted`;
}
