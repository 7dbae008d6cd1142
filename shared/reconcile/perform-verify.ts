import { RegistrarError } from '../errors/registrar-error.ts';
import type { Client, RegistrationRecord } from '../record/record.ts';
import { jitter, withClient } from './call.ts';
import type { Performed } from './perform.ts';
import type { Ports } from './ports.ts';
import { learn, traitsAt } from './record-queries.ts';
import { afterGoneVerify } from './removal-step.ts';

/** Tries a client's credentials and remembers the outcome; for a leaving client, whether they have stopped working. */
export async function performVerify(record: RegistrationRecord, client: Client, ports: Ports): Promise<Performed> {
  const result = await ports.verify(client, traitsAt(record, client));
  const now = ports.clock.now();
  const learned = { ...record, traits: learn(record, client, result.traits) };
  if (client.role === 'leaving') {
    const removal = afterGoneVerify(client, result, now, jitter(ports));
    return { record: withClient(learned, client, { ...client, removal }), events: [] };
  }
  if (result.outcome === 'unreachable' && client.role === 'next') {
    return {
      record: learned,
      events: [],
      problem: new RegistrarError('server_no_answer', {
        message: `The new credentials of ${record.key} could not be tried: ${result.reason}.`,
        client: record.key,
        server: client.server.address,
      }),
    };
  }
  const outcome = result.outcome === 'unreachable' ? 'unknown' : result.outcome;
  const { reason } = result;
  return {
    record: withClient(learned, client, { ...client, verification: { outcome, at: now, reason } }),
    events: [{ kind: 'verified', clientId: client.clientId, outcome, reason }],
  };
}
