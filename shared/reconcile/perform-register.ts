import { RegistrarError } from '../errors/registrar-error.ts';
import type { Client, Intent, RegistrationRecord } from '../record/record.ts';
import type { Answer, ClientInformation } from '../registration/answer.ts';
import { registerBody } from '../registration/request-body.ts';
import { adoptAnswer, differenceEvent } from './adopt-answer.ts';
import { answerError } from './answer-error.ts';
import { CALL_MS, keyFor, protect, save } from './call.ts';
import type { Event } from './event.ts';
import { hostsKeys, newKeySet } from './key-hosting.ts';
import { suspectIntent } from './lost-answer.ts';
import { howToSettle, makeMarker, whatToLookFor } from './marker.ts';
import type { Performed } from './perform.ts';
import type { Ports } from './ports.ts';
import { livesHere } from './record-queries.ts';
import { additions } from './sent-metadata.ts';

/** How long a registration may wait for its turn at an endpoint before its intent is written anew. */
const TURN_MS = 60_000;

/** Registers a client: intent saved first, then one POST, then the answer saved before anything else (RFC 7591 section 3). */
export async function performRegister(
  record: RegistrationRecord,
  purpose: Intent['purpose'],
  ports: Ports,
): Promise<Performed> {
  const { desired, server } = record;
  const initialAccessToken = await ports.initialAccessToken(server);
  const key = desired.makeKey ? await keyFor(desired.metadata, ports) : undefined;
  const keySet = hostsKeys(desired) ? newKeySet(ports, desired) : undefined;
  const marker = makeMarker(record, ports.random);
  const metadata = {
    ...registerBody(desired.metadata, additions({ marker, key, keySet })),
    ...(ports.softwareStatement !== undefined && { software_statement: ports.softwareStatement }),
  };

  for (;;) {
    const startedAt = ports.clock.now();
    const intent: Intent = {
      marker,
      purpose,
      requested: desired.metadata,
      server,
      startedAt,
      limitAt: startedAt + TURN_MS + CALL_MS,
      ...(key && { key }),
      ...(keySet && { keySet }),
      ...(ports.run !== undefined && { run: ports.run }),
    };
    const begun: RegistrationRecord = { ...record, intent };
    await ports.store.save(begun);
    const answer = await ports.api.register({
      registrationEndpoint: server.registrationEndpoint,
      metadata,
      sendBefore: startedAt + TURN_MS,
      ...(initialAccessToken !== undefined && { initialAccessToken }),
    });
    if (answer.kind !== 'too_late') return afterRegister(begun, intent, answer, ports);
  }
}

async function afterRegister(
  begun: RegistrationRecord,
  intent: Intent,
  answer: Answer,
  ports: Ports,
): Promise<Performed> {
  const { intent: _i, ...record } = begun;
  if (answer.kind === 'client') return registered(record, intent, answer.information, ports);
  if (answer.kind !== 'unknown') return save(ports, record, { problem: answerError(record, 'register', answer) });
  const after = answer.answered
    ? suspectIntent(begun, intent, ports.clock.now(), answer.reason)
    : {
        record: begun,
        events: [{ kind: 'suspected' as const, lookFor: whatToLookFor(begun, intent), reason: answer.reason }],
      };
  const problem = new RegistrarError('registration_unknown', {
    message: `A client was requested for ${record.key} and may exist: ${answer.reason}. If it does, it is ${whatToLookFor(record, intent)}.`,
    client: record.key,
    server: record.server.address,
    hint: howToSettle(record),
    ...(answer.cause && { cause: answer.cause }),
  });
  return save(ports, after.record, { events: after.events, problem });
}

/** Servers are seen to answer with a client that they have already: it stays what it is and is not deleted as the old one. */
async function registered(
  record: RegistrationRecord,
  intent: Intent,
  information: ClientInformation,
  ports: Ports,
): Promise<Performed> {
  const now = ports.clock.now();
  const known = record.clients.find((client) => client.clientId === information.clientId && livesHere(record, client));
  const stays = known?.role === 'current';
  const fresh: Client = {
    clientId: '',
    role: intent.purpose === 'first' || stays ? 'current' : 'next',
    edition: known?.edition ?? 0,
    server: intent.server,
    purpose: intent.purpose,
    accessSeen: 'untried',
    requested: intent.requested,
    granted: {},
    marker: intent.marker,
    madeAt: now,
    ...(intent.key && { key: intent.key }),
    ...(intent.keySet && { keySet: intent.keySet }),
    ...(intent.run !== undefined && { madeByRun: intent.run }),
  };
  const others = record.clients.filter((client) => client !== known);
  const adopted = adoptAnswer({ ...record, clients: others }, fresh, information, 'register');
  const { clientId } = adopted.client;
  const { rotation, ...rest } = adopted.record;
  const row = {
    clientId,
    server: intent.server.address,
    madeAt: now,
    ...(intent.run !== undefined && { madeByRun: intent.run }),
  };
  const kept: RegistrationRecord = {
    ...rest,
    ...(stays ? { rotatedAt: now } : rotation && { rotation }),
    ledger: known === undefined ? [...record.ledger, row] : record.ledger,
  };
  protect(adopted.client, ports);
  const events: readonly Event[] = [
    { kind: 'registered', clientId, purpose: intent.purpose },
    ...adopted.events,
    ...differenceEvent(adopted.client),
  ];
  const saved = await save(ports, kept, { events });
  return saved.problem === undefined ? saved : { ...saved, problem: unsaved(record, clientId, saved.problem) };
}

function unsaved(record: RegistrationRecord, clientId: string, cause: RegistrarError): RegistrarError {
  return new RegistrarError(cause.code === 'run_again' ? 'run_again' : 'state_unwritable', {
    message: `The client ${clientId} was registered for ${record.key}, but what is needed to manage it could not be saved.`,
    hint: 'Ask the operator of the server to delete this client. The next run treats it as a suspect and says so.',
    client: record.key,
    server: record.server.address,
    cause,
  });
}
