import type { Json } from '../shared/ports/ports.ts';
import { type ClientReport, clientToHandOut, hasChanged } from './report.ts';

/**
 * Outputs by name; secrets only in `client-secret` and `private-key`. What has ended is in none of them, and what was
 * done with `others` only in `changed`.
 */
export function outputsOf(
  all: readonly ClientReport[],
  others: readonly ClientReport[] = [],
): ReadonlyMap<string, string> {
  const reports = all.filter(({ record, problem }) => record?.ending === undefined || problem !== undefined);
  const outputs = new Map<string, string>([
    ['clients', JSON.stringify(Object.fromEntries(reports.map((report) => [report.desired.name, publicPart(report)])))],
    ['changed', String(hasChanged([...all, ...others]))],
    ['skipped', 'false'],
  ]);
  const [only] = reports;
  if (only !== undefined && reports.length === 1) {
    for (const [name, value] of credentialsOf(only)) outputs.set(name, value);
  }
  return outputs;
}

/** Environment variables of all clients: the name of the client in capitals, then the name of the output. */
export function environmentOf(reports: readonly ClientReport[]): ReadonlyMap<string, string> {
  return new Map(
    reports.flatMap((report) => {
      const prefix = variableName(report.desired.name);
      return credentialsOf(report).map(([name, value]): [string, string] => [`${prefix}_${variableName(name)}`, value]);
    }),
  );
}

function credentialsOf(report: ClientReport): readonly (readonly [string, string])[] {
  const client = clientToHandOut(report);
  if (client === undefined) return [];
  return [
    ['client-id', client.clientId],
    ['client-secret', client.clientSecret],
    ['private-key', client.key?.privateKey],
    ['key-id', client.key?.keyId],
    ['issuer', client.server.issuer],
    ['token-endpoint', client.server.tokenEndpoint],
    ['expires-at', expiresAt(client.clientSecretExpiresAt)],
  ].filter((entry): entry is [string, string] => entry[1] !== undefined);
}

function publicPart(report: ClientReport): Json {
  const client = clientToHandOut(report);
  if (client === undefined) return { error: report.problem?.code ?? 'internal' };
  const expires = expiresAt(client.clientSecretExpiresAt);
  return {
    client_id: client.clientId,
    ...(client.key && { key_id: client.key.keyId }),
    ...(client.server.issuer !== undefined && { issuer: client.server.issuer }),
    ...(client.server.tokenEndpoint !== undefined && { token_endpoint: client.server.tokenEndpoint }),
    ...(expires !== undefined && { expires_at: expires }),
    ...(report.problem && { error: report.problem.code }),
  };
}

function expiresAt(epochSeconds: number | undefined): string | undefined {
  return epochSeconds === undefined || epochSeconds === 0 ? undefined : new Date(epochSeconds * 1000).toISOString();
}

/** A name in capitals, as part of the name of an environment variable. */
export function variableName(name: string): string {
  return name.toUpperCase().replace(/[^A-Z0-9]+/gu, '_');
}
