import { printable } from '../errors/printable.ts';
import { RegistrarError } from '../errors/registrar-error.ts';
import type { Client, KeySet, RegistrationRecord } from '../record/record.ts';
import { changedMembers } from '../registration/compare-metadata.ts';
import { howToSettle, whatToLookFor } from './marker.ts';
import { hasBegunRotation } from './record-queries.ts';
import { grantedDifferently } from './sent-metadata.ts';
import type { StopCode } from './step.ts';

const CHECK_WHAT_WAS_GIVEN = 'Check the `client-id` and `client-secret` that were given to adopt it.';

/** What a manifest cannot ask for where environments share the client, such as a new one, is no advice. */
const WHERE_SHARED: Partial<Record<StopCode, string>> = {
  update_interrupts:
    'Allow it with `update: interrupt`; every environment that shares the client then needs the new secret, so deploy them all again.',
  update_unsupported:
    'At this server environments cannot share a client: remove `shared`, and each gets a client of its own.',
};

/** Why only a person can decide how to go on, in words. */
export function stopError(record: RegistrationRecord, code: StopCode, client: Client | undefined): RegistrarError {
  const whereShared = record.desired.shared === undefined ? undefined : WHERE_SHARED[code];
  return new RegistrarError(code, {
    message: `${record.key}: ${reason(record, code, client)}`,
    ...(code === 'suspect_found' && { hint: howToSettle(record) }),
    ...(code === 'credentials_refused' && client?.keySet && { hint: readTheSet(client.keySet) }),
    ...(client?.purpose === 'adopted' && code === 'credentials_refused' && { hint: CHECK_WHAT_WAS_GIVEN }),
    ...(whereShared !== undefined && { hint: whereShared }),
    client: record.key,
    server: (client?.server ?? record.server).address,
  });
}

function readTheSet({ uri }: KeySet): string {
  return `See whether the server can read ${uri}, where the Worker hosts the public key of the client, and supports jwks_uri. If it does not, use the rotation strategy replace.`;
}

function reason(record: RegistrationRecord, code: StopCode, client: Client | undefined): string {
  const id = client?.clientId;
  const asked = client === undefined ? '' : whatWasAsked(record, client);
  switch (code) {
    case 'suspect_found': {
      const looks = record.suspects.map((suspect) => whatToLookFor(record, suspect));
      return `an earlier registration was never answered and may have left ${looks.join('; and ')}. Nothing was registered.`;
    }
    case 'update_unsupported':
      return `${asked}, but this server cannot change client ${id}. It stays as it was.`;
    case 'update_interrupts':
      return `${asked}, and this server replaces the client secret at every update. Client ${id} stays as it was.`;
    case 'access_refused':
      return `${asked}, but the server refuses our registration access token for client ${id}. It stays as it was.`;
    case 'credentials_refused':
      return `client ${id} was ${client?.purpose === 'adopted' ? 'taken over' : 'registered'}, but ${client?.verification?.reason}.`;
    case 'rotation_not_allowed':
      return `a rotation is due or was asked for, and it would give the app a new client_id in place of ${client?.clientId}. Nothing was rotated.`;
    case 'rotation_untried':
      return `a rotation was asked for, and with verify: false nobody would know whether the new credentials work. ${hasBegunRotation(record) ? 'What was made for it waits' : 'Nothing was made for it'}, and what is in use stays.`;
    case 'key_set_ignored':
      return `a rotation of keys is due or was asked for, and the server said that it does not read ${client?.keySet?.uri} for client ${id}. Nothing was rotated.`;
    case 'metadata_differs':
      return `client ${id} was granted something else than was asked (${
        client &&
        grantedDifferently(client)
          .map(({ member }) => printable(member, 60))
          .join(', ')
      }), and strict is set.`;
  }
}

function whatWasAsked({ rotation, desired }: RegistrationRecord, { requested }: Client): string {
  if (rotation?.strategy === 'in-place') return 'a rotation in place was asked for';
  const changed = changedMembers(desired.metadata, requested);
  return `the manifest changed (${changed.join(', ') || 'its server'})`;
}
