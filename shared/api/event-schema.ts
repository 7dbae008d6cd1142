import * as z from 'zod';
import type { Json } from '../ports/ports.ts';
import type { Event } from '../reconcile/event.ts';
import type { Difference } from '../registration/compare-metadata.ts';

type Kind = Event['kind'];

/** The members of one kind of event: the compiler complains when one is missing, too many or of another type. */
type Members<K extends Kind> = {
  readonly [Member in Exclude<keyof Extract<Event, { kind: K }>, 'kind'>]-?: z.ZodType<
    Exclude<Extract<Event, { kind: K }>[Member], undefined>
  >;
};

const clientId = z.string();
const keyId = z.string();
const outcome = z.enum(['works', 'refused', 'unknown']);
const reason = z.string();
const names = z.array(z.string());

const difference = z.object({
  member: z.string(),
  asked: z.json(),
  granted: z.json().exactOptional(),
}) satisfies z.ZodType<Difference & { readonly asked: Json }>;

const MEMBERS = {
  registered: { clientId, purpose: z.string() },
  updated: { clientId, members: names },
  secret_replaced: { clientId, by: z.enum(['read', 'update']) },
  secret_gone: { clientId },
  client_id_changed: { from: z.string(), clientId },
  differs: { clientId, differences: z.array(difference) },
  access_withheld: { clientId, reason },
  verified: { clientId, outcome, reason },
  published: { clientId, names },
  unpublished: { names },
  announced: { clientId },
  promoted: { clientId, retiring: z.string().exactOptional() },
  retired: { clientId, reason },
  deleted: { clientId, reason },
  orphaned: { clientId, reason },
  suspected: { lookFor: z.string(), reason },
  key_made: { clientId, keyId },
  key_tried: { clientId, keyId, outcome, reason },
  key_in_use: { clientId, keyId },
  key_dropped: { clientId, keyId, reason },
  ending: { reason },
} satisfies { readonly [K in Kind]: Members<K> };

const [first, ...others] = Object.entries(MEMBERS).map(([kind, members]) =>
  z.object({ kind: z.literal(kind as Kind), ...members }),
);

/** An {@link Event} as it goes over the wire. */
export const eventSchema = z.discriminatedUnion('kind', [
  first as NonNullable<typeof first>,
  ...others,
]) as unknown as z.ZodType<Event>;
