import { describeEvent } from '../action/describe-event.ts';
import { describeLeftBehind, leftBehind } from '../shared/doctor/left-behind.ts';
import { printable } from '../shared/errors/printable.ts';
import type { RegistrarError } from '../shared/errors/registrar-error.ts';
import { describeProblem } from '../shared/manifest/problems.ts';
import type { JsonObject } from '../shared/ports/ports.ts';
import type { Event } from '../shared/reconcile/event.ts';
import { currentClient } from '../shared/reconcile/record-queries.ts';
import type { RegistrationRecord } from '../shared/record/record.ts';
import { hintFor } from './hints.ts';

const HIDDEN = '(hidden; show --secrets shows it)';

/** A registration as RFC 7591 would answer with it; secrets only for who asked for them. */
export function clientJson(record: RegistrationRecord, withSecrets: boolean): JsonObject {
  const client = currentClient(record);
  const secret = (value: string) => (withSecrets ? value : HIDDEN);
  if (client === undefined) return { name: record.key };
  const { access, key, server, clientSecretExpiresAt: expiresAt } = client;
  return {
    name: record.key,
    server: server.address,
    client_id: client.clientId,
    ...(client.clientSecret !== undefined && { client_secret: secret(client.clientSecret) }),
    ...(expiresAt !== undefined && { client_secret_expires_at: expiresAt }),
    ...(key && { private_key: secret(key.privateKey), key_id: key.keyId }),
    ...(access && {
      registration_client_uri: access.registrationClientUri,
      registration_access_token: secret(access.registrationAccessToken),
    }),
    ...(server.issuer !== undefined && { issuer: server.issuer }),
    ...(server.tokenEndpoint !== undefined && { token_endpoint: server.tokenEndpoint }),
    metadata: client.granted,
    ...(record.orphans.length + record.suspects.length > 0 && {
      left_behind: leftBehind({ ...record, clients: [] }).map((left): JsonObject => ({ ...left })),
    }),
  };
}

/** The same for people: one member a line. */
export function clientLines(json: JsonObject): readonly string[] {
  const { metadata, left_behind: left, ...members } = json;
  const all = { ...members, ...(metadata as JsonObject | undefined) };
  const width = Math.max(...Object.keys(all).map((name) => Math.min(name.length, 40)));
  const line = ([name, value]: [string, unknown]) => {
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    return `  ${printable(name, 60).padEnd(width)}  ${name === 'private_key' ? text : printable(text, 2_000)}`;
  };
  const lost = ((left ?? []) as unknown as Parameters<typeof describeLeftBehind>[0][]).map(describeLeftBehind);
  return [...Object.entries(all).map(line), ...lost];
}

/** What happened to a registration, line by line. */
export function eventLines({ key }: RegistrationRecord, events: readonly Event[]): readonly string[] {
  return events.map((event) => {
    const { text, warning } = describeEvent(event);
    // Where names are published to is called an environment inside; here it is a file.
    const told = event.kind.endsWith('published') ? text.replace(/ \(environment ([^)]*)\)/gu, ' ($1)') : text;
    return `${printable(key)}: ${warning ? 'warning: ' : ''}${told}`;
  });
}

/** What failed, every problem, what to do. */
export function errorLines(error: RegistrarError): readonly string[] {
  const { message, problems } = error;
  return [
    `error: ${message}`,
    ...(problems.length < 2 ? [] : problems.map((problem) => `  ${describeProblem(problem)}`)),
    `What to do: ${hintFor(error)}`,
  ];
}

export function errorJson(error: RegistrarError): JsonObject {
  return { code: error.code, message: error.message, hint: hintFor(error) };
}
