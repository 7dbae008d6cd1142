import type { RegistrationRecord } from '../../shared/record/record.ts';
import { clientToHandOut } from './answers.ts';

/** What a list shows of a registration without opening it. */
export type Summary = {
  readonly server: string;
  readonly client_id?: string;
  /** Epoch milliseconds. */
  readonly expires_at?: number;
  readonly retiring?: number;
  /** Clients that are being asked for. */
  readonly making?: number;
  readonly suspects?: number;
  readonly orphans?: number;
};

export function summaryOf(record: RegistrationRecord): Summary {
  const client = clientToHandOut(record);
  const retiring = record.clients.filter(({ role }) => role === 'retiring').length;
  return {
    server: record.server.address,
    ...(client && { client_id: client.clientId }),
    ...(record.expiresAt !== undefined && { expires_at: record.expiresAt }),
    ...(retiring > 0 && { retiring }),
    ...(record.intent && { making: 1 }),
    ...(record.suspects.length > 0 && { suspects: record.suspects.length }),
    ...(record.orphans.length > 0 && { orphans: record.orphans.length }),
  };
}
