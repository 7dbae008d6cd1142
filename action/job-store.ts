import type { JsonObject } from '../shared/ports/ports.ts';
import type { Store } from '../shared/reconcile/ports.ts';
import type { RegistrationRecord } from '../shared/record/record.ts';

/** Names of the state that the post step finds begin with this. */
export const JOB_STATE = 'registration_';

/**
 * Keeps the records of clients that end with the job in GITHUB_STATE, where only the post step of this step reads them.
 * The last line written for a name counts, so a killed main step leaves the newest state.
 */
export function createJobStore(saveState: (name: string, value: string) => void): Store {
  const slots = new Map<string, string>();
  return {
    save: async (record) => {
      const slot = slots.get(record.key) ?? `${JOB_STATE}${slots.size}`;
      saveState(slot, JSON.stringify(forPost(record)));
      slots.set(record.key, slot);
    },
  };
}

/** Metadata that the post step needs: to try credentials, and to say what to look for. */
const NEEDED: ReadonlySet<string> = new Set([
  'client_name',
  'grant_types',
  'redirect_uris',
  'response_types',
  'scope',
  'token_endpoint_auth_method',
]);

/**
 * What the post step needs of a record. The runner hands it over as one environment variable, of which no system takes
 * more than 128 KiB; one that is longer would keep the whole post step from starting.
 */
function forPost(record: RegistrationRecord): RegistrationRecord {
  return {
    ...record,
    desired: { ...record.desired, metadata: {} },
    clients: record.clients.map((client) => ({
      ...client,
      requested: needed(client.requested),
      granted: needed(client.granted),
    })),
    ...(record.intent && { intent: { ...record.intent, requested: needed(record.intent.requested) } }),
    suspects: record.suspects.map((suspect) => ({ ...suspect, requested: needed(suspect.requested) })),
  };
}

function needed(metadata: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(metadata).filter(([name, value]) => NEEDED.has(name) && JSON.stringify(value).length <= 4_096),
  );
}
