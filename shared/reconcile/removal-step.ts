import type { Client, Removal } from '../record/record.ts';
import type { Answer } from '../registration/answer.ts';
import type { VerifyResult } from '../registration/verify.ts';
import { backOffMilliseconds, LONGEST_MS } from './back-off.ts';
import { describeAnswer } from './describe-answer.ts';
import type { Step } from './step.ts';

/** A client that a server says it deleted and still answers with is deleted this often before it is given up. */
const DELETIONS = 2;

/** Whatever a busy server says, it is not asked again sooner than this. */
const SHORTEST_MS = 1_000;

/** For this long a deletion is tried before the client is listed for a person. */
const REMOVAL_DAYS = 30;

/** What to do next to be rid of a leaving client; undefined while a failed attempt is too recent. */
export function nextRemovalStep(client: Client, now: number): Step | undefined {
  const { removal } = client;
  if (client.access === undefined) {
    return {
      kind: 'orphan',
      client,
      reason: client.accessWithheld ?? 'the server gave no registration access token for it',
    };
  }
  if (removal === undefined) return { kind: 'remove', client };
  if (now < removal.tryAt) return undefined;
  const { stage, reason, accepted } = removal;
  if (stage === 'gone') return { kind: 'gone', client, ended: accepted ? 'deleted' : 'gone', reason };
  if (stage === 'impossible') return { kind: 'orphan', client, reason };
  if (now - removal.since > REMOVAL_DAYS * 86_400_000) {
    return { kind: 'orphan', client, reason: `for ${REMOVAL_DAYS} days it could not be deleted: ${reason}` };
  }
  return { kind: ({ ask: 'remove', confirm: 'read', verify: 'verify' } as const)[stage], client };
}

/** How far the deletion of a client has come; it begins now if nothing was tried yet. */
export function removalOf({ removal }: Client, now: number): Removal {
  if (removal !== undefined) return removal;
  return {
    stage: 'ask',
    since: now,
    asked: 0,
    accepted: false,
    unanswered: false,
    failures: 0,
    tryAt: now,
    reason: '',
  };
}

/**
 * How a DELETE moved the deletion on (RFC 7592 section 2.3). `jitter` is from 0 to 1.
 *
 * A refusal counts here, as after a read or with the credentials, when it comes a second time in a row: replicas and
 * proxies are seen to refuse what they accept a moment later.
 */
export function afterRemove(client: Client, answer: Answer, now: number, jitter: number): Removal {
  const { refused = false, ...before } = removalOf(client, now);
  const isRefusal = answer.kind === 'refused' || answer.kind === 'forbidden';
  if (isRefusal && !refused) return { ...before, refused: true, reason: describeAnswer(answer) };
  const asked: Removal = { ...before, asked: before.asked + 1, reason: describeAnswer(answer) };
  switch (answer.kind) {
    case 'removed':
    case 'client':
      return { ...asked, stage: 'confirm', accepted: true, failures: 0 };
    case 'missing':
      return { ...asked, stage: 'confirm', failures: 0 };
    case 'refused':
      if ((before.accepted && client.uncertain !== true) || (before.unanswered && isGoodAccess(client)))
        return { ...asked, stage: 'gone', reason: 'a repeated deletion was refused' };
      return doubtful(client, asked, now);
    case 'unsupported':
    case 'forbidden':
    case 'rejected':
      return { ...asked, stage: 'impossible' };
    case 'unknown':
      return later({ ...asked, unanswered: true }, now, jitter);
    case 'busy':
      return whenAsked(later(asked, now, jitter), answer, now);
    case 'not_sent':
      return later(asked, now, jitter);
  }
}

/** How reading a client that should be gone moved the deletion on. */
export function afterConfirm(client: Client, answer: Answer, now: number, jitter: number): Removal {
  const { refused = false, ...before } = removalOf(client, now);
  switch (answer.kind) {
    case 'client':
      if (!before.accepted)
        return { ...before, stage: 'impossible', reason: 'the server answers with it but cannot delete it' };
      return before.asked < DELETIONS
        ? { ...before, stage: 'ask' }
        : { ...before, stage: 'impossible', reason: 'the server said it was deleted and still answers with it' };
    case 'refused':
    case 'missing':
    case 'rejected':
    case 'forbidden':
    case 'unsupported':
    case 'removed':
      if (!refused) return { ...before, refused: true, reason: describeAnswer(answer) };
      if (before.accepted && (answer.kind === 'missing' || client.uncertain !== true))
        return { ...before, stage: 'gone', reason: 'deleted, and the server no longer answers with it' };
      if (answer.kind === 'missing' && client.accessSeen === 'works') {
        return { ...before, stage: 'gone', reason: 'the server no longer knows it' };
      }
      return doubtful(client, { ...before, reason: describeAnswer(answer) }, now);
    case 'unknown':
    case 'not_sent':
      return later({ ...before, reason: describeAnswer(answer) }, now, jitter);
    case 'busy':
      return whenAsked(later(before, now, jitter), answer, now);
  }
}

/** How trying the credentials of a client that may be gone moved the deletion on. */
export function afterGoneVerify(client: Client, result: VerifyResult, now: number, jitter: number): Removal {
  const { refused = false, ...before } = removalOf(client, now);
  switch (result.outcome) {
    case 'refused':
      // What is remembered is why the deletion itself failed: a person needs that when the credentials say nothing.
      if (!refused) return { ...before, refused: true };
      return { ...before, stage: 'gone', reason: 'its credentials worked and are now refused' };
    case 'unreachable':
      return later({ ...before, reason: result.reason }, now, jitter);
    default:
      return { ...before, stage: 'impossible', reason: `${before.reason}; ${result.reason}` };
  }
}

/** A refusal alone proves nothing; credentials that worked and no longer do are proof, unless their time is over. */
function doubtful(client: Client, removal: Removal, now: number): Removal {
  const { verification, clientSecretExpiresAt: expiresAt = 0 } = client;
  const telling = verification?.outcome === 'works' && (expiresAt === 0 || now < expiresAt * 1000);
  return { ...removal, stage: telling ? 'verify' : 'impossible' };
}

/** The registration access token has worked, and nothing can have replaced it since. */
function isGoodAccess({ accessSeen, uncertain }: Client): boolean {
  return accessSeen === 'works' && uncertain !== true;
}

function later(removal: Removal, now: number, jitter: number): Removal {
  const failures = removal.failures + 1;
  return { ...removal, failures, tryAt: now + backOffMilliseconds(failures, jitter) };
}

/** When the server says, and never at once: it may say so again each time. */
function whenAsked(removal: Removal, { retryAfterSeconds }: Extract<Answer, { kind: 'busy' }>, now: number): Removal {
  return { ...removal, tryAt: now + Math.max(SHORTEST_MS, Math.min(retryAfterSeconds * 1000, LONGEST_MS)) };
}
