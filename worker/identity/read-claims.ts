import type { JWTPayload } from 'jose';
import type { Identity } from './identity.ts';
import { unusableClaims } from './identity-error.ts';

const NUMERIC_ID = /^[1-9]\d{0,18}$/;
const COUNT = /^[1-9]\d{0,14}$/;
const NEEDED = {
  repository_id: NUMERIC_ID,
  repository_owner_id: NUMERIC_ID,
  repository: /^[\w.-]{1,100}\/[\w.-]{1,100}$/,
  event_name: /^[a-z_]{1,50}$/,
  run_id: COUNT,
  run_attempt: COUNT,
  jti: /^[\x21-\x7e]{1,200}$/,
} as const;

type Name = keyof typeof NEEDED;

/**
 * What the claims of a verified id-token say about the run. `expiresAt` is in epoch milliseconds.
 *
 * Throws a RegistrarError `identity_refused` that names every claim that is missing or not as GitHub writes it.
 */
export function readClaims(payload: JWTPayload, issuer: string, expiresAt: number): Identity {
  const needed = Object.keys(NEEDED) as Name[];
  const wrong = needed.filter((name) => !NEEDED[name].test(text(payload, name)));
  if (wrong.length > 0) throw unusableClaims(wrong);
  const eventName = text(payload, 'event_name');
  const ref = text(payload, 'ref');
  const refType = text(payload, 'ref_type');
  const pullRequest = eventName === 'pull_request' ? /^refs\/pull\/([1-9]\d{0,9})\/merge$/.exec(ref)?.[1] : undefined;
  return {
    issuer,
    repositoryId: text(payload, 'repository_id'),
    repository: text(payload, 'repository'),
    ownerId: text(payload, 'repository_owner_id'),
    eventName,
    ref,
    ...((refType === 'branch' || refType === 'tag') && { refType }),
    ...(pullRequest !== undefined && { pullRequest: Number(pullRequest) }),
    ...optional(payload, { sha: 'sha', environment: 'environment', headRef: 'head_ref', baseRef: 'base_ref' }),
    ...optional(payload, { actor: 'actor', workflowRef: 'workflow_ref' }),
    runId: Number(text(payload, 'run_id')),
    attempt: Number(text(payload, 'run_attempt')),
    jti: text(payload, 'jti'),
    expiresAt,
  };
}

function text(payload: JWTPayload, claim: string): string {
  const value = payload[claim];
  return typeof value === 'string' ? value : '';
}

/** The claims that are there, under our names. */
function optional<Member extends string>(
  payload: JWTPayload,
  claims: Readonly<Record<Member, string>>,
): { readonly [member in Member]?: string } {
  const there = Object.entries<string>(claims).filter(([, claim]) => text(payload, claim) !== '');
  return Object.fromEntries(there.map(([member, claim]) => [member, text(payload, claim)])) as {
    [member in Member]?: string;
  };
}
