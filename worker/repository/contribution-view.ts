import type { RegistrationView } from '../../shared/api/worker-api.ts';
import { currentClient } from '../../shared/reconcile/record-queries.ts';
import type { RegistrationRecord } from '../../shared/record/record.ts';
import { sameMetadata } from '../../shared/registration/compare-metadata.ts';
import { ownerFrom, type Standing } from './admit.ts';
import { viewOf } from './answers.ts';
import type { Contribution } from './contribution-rows.ts';
import { type Status, statusOf } from './registration-rows.ts';

/** Whose a contribution is, and whether there still is one: as of a registration. */
export function standingOf({ owner, ended_at }: Contribution): Standing {
  return { owner, status: ended_at === null ? 'active' : 'ended' };
}

/** A contribution as anybody with a right to it may see it: as a registration of its environment. */
export function viewOfContribution(row: Contribution, record: RegistrationRecord): RegistrationView {
  const { key, owner, expires_at: expires } = row;
  const separator = key.lastIndexOf('/');
  const { client_id: clientId, owner: _o, expires_at: _e, ...view } = viewOf(record);
  const status = statusIn(row, record);
  return {
    ...view,
    environment: key.slice(0, separator),
    name: key.slice(separator + 1),
    status,
    ...(clientId !== undefined && status !== 'ended' && { client_id: clientId }),
    ...ownerFrom(owner),
    ...(expires !== null && { expires_at: new Date(expires).toISOString() }),
  };
}

/** It is `ending` until the server has taken the change. */
function statusIn({ ended_at }: Contribution, record: RegistrationRecord): Status {
  if (ended_at === null) return 'active';
  if (record.ending !== undefined) return statusOf(record);
  const client = currentClient(record);
  return client === undefined || sameMetadata(record.desired.metadata, client.requested) ? 'ended' : 'ending';
}
