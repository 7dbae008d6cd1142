import * as z from 'zod';
import type { HostedSet } from '../../shared/reconcile/key-hosting.ts';
import { readKept } from '../../shared/record/read-kept.ts';
import type { LedgerRow } from '../../shared/record/record.ts';
import { jsonObject } from '../../shared/record/shape.ts';
import type { Contribution } from '../repository/contribution-rows.ts';

/** What a list shows of a registration in the inventory; never a secret. */
export type InventoryMetadata = {
  readonly status: string;
  readonly key_id: string;
  readonly owner?: string;
  readonly server?: string;
  readonly client_id?: string;
  /** Epoch milliseconds. */
  readonly expires_at?: number;
  readonly retiring?: number;
  readonly making?: number;
  readonly suspects?: number;
  readonly orphans?: number;
  /** When it was written, in epoch milliseconds. */
  readonly at: number;
};

/** A registration in the inventory: its record as it is sealed in the object, and every client ever made for it. */
export type InventoryEntry = {
  readonly version: 1;
  readonly sealed: string;
  readonly endpoint: string;
  readonly ledger: readonly LedgerRow[];
  /** Hosted sets: they are served again as soon as an object is restored, before its records are opened. */
  readonly keySets?: readonly HostedSet[];
  /** Places that it publishes to: nobody else is to take them before its record is opened. */
  readonly names?: readonly string[];
  /** What environments bring to it, where they share it. */
  readonly contributions?: readonly Contribution[];
};

/** Most bytes of metadata that Workers KV takes. */
const METADATA_BYTES = 1024;
const LONG = 200;

const contributionSchema = z.object({
  key: z.string(),
  shared: z.string(),
  owner: z.string().nullable(),
  uris: z.string(),
  held: z.number(),
  life: z.number().nullable(),
  expires_at: z.number().nullable(),
  run_id: z.number(),
  attempt: z.number(),
  ended_at: z.number().nullable(),
}) satisfies z.ZodType<Contribution>;

const entrySchema = z.object({
  version: z.literal(1),
  sealed: z.string(),
  endpoint: z.string(),
  ledger: z.array(
    z.object({
      clientId: z.string(),
      server: z.string(),
      madeAt: z.number(),
      madeByRun: z.string().exactOptional(),
      endedAt: z.number().exactOptional(),
      ended: z.enum(['deleted', 'gone', 'orphan', 'forgotten']).exactOptional(),
    }),
  ),
  keySets: z.array(z.object({ id: z.string(), keys: z.array(jsonObject) })).exactOptional(),
  names: z.array(z.string()).exactOptional(),
  contributions: z.array(contributionSchema).exactOptional(),
});

export const metadataSchema = z.object({
  status: z.string(),
  key_id: z.string(),
  owner: z.string().exactOptional(),
  server: z.string().exactOptional(),
  client_id: z.string().exactOptional(),
  expires_at: z.number().exactOptional(),
  retiring: z.number().exactOptional(),
  making: z.number().exactOptional(),
  suspects: z.number().exactOptional(),
  orphans: z.number().exactOptional(),
  at: z.number(),
}) satisfies z.ZodType<InventoryMetadata>;

/** An entry from the inventory; undefined for what is none. */
export function readEntry(text: string): InventoryEntry | undefined {
  return readKept(entrySchema, text);
}

/** Metadata that Workers KV takes: long values are cut, and left out where that is not enough. */
export function fitMetadata(metadata: InventoryMetadata): InventoryMetadata {
  const size = (value: InventoryMetadata) => new TextEncoder().encode(JSON.stringify(value)).length;
  if (size(metadata) <= METADATA_BYTES) return metadata;
  const { server, client_id: clientId, owner, ...rest } = metadata;
  const cut = {
    ...rest,
    ...(server !== undefined && { server: server.slice(0, LONG) }),
    ...(clientId !== undefined && { client_id: clientId.slice(0, LONG) }),
    ...(owner !== undefined && { owner: owner.slice(0, LONG) }),
  };
  return size(cut) <= METADATA_BYTES ? cut : rest;
}
