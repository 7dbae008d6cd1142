import type { Desired, ServerReference } from '../../../shared/manifest/desired.ts';
import type { JsonObject } from '../../../shared/ports/ports.ts';
import type { ServerEntry } from '../../../worker/config/config.ts';
import { SERVER, sampleConfig } from '../config/sample-env.ts';

export const REFERENCE: ServerReference = { address: 'https://fhir.example.org/r4', configurationEndpointOrigins: [] };

/** What the sample server allows. */
const METADATA = {
  client_name: 'Growth chart',
  redirect_uris: ['https://app.example.org/callback'],
  scope: 'openid launch/patient',
} as const;

/** A wish that the sample server allows, with some metadata changed and the server named differently. */
export function desiredWith(metadata: JsonObject = {}, server: Partial<ServerReference> = {}): Desired {
  return {
    key: 'production/web',
    name: 'web',
    environment: 'production',
    server: { ...REFERENCE, ...server },
    metadata: { ...METADATA, ...metadata },
    makeKey: false,
    publish: [],
    update: 'ask',
    strict: false,
  };
}

/** Entries of SERVERS: the sample server with some of it changed, once for each argument. */
export async function entriesWith(...changes: readonly object[]): Promise<readonly ServerEntry[]> {
  const written = changes.map((change, index) => ({ ...SERVER, name: `s${index}`, ...change }));
  return (await sampleConfig({ SERVERS: JSON.stringify(written) })).servers;
}

export async function entryWith(change: object = {}): Promise<ServerEntry> {
  const [entry] = await entriesWith({ name: 'ehr', ...change });
  if (entry === undefined) throw new Error('no entry');
  return entry;
}
