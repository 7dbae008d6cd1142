import type { Difference } from '../registration/compare-metadata.ts';

/** What happened, for people: printable and free of secrets. */
export type Event =
  | { readonly kind: 'registered'; readonly clientId: string; readonly purpose: string }
  | { readonly kind: 'updated'; readonly clientId: string; readonly members: readonly string[] }
  | { readonly kind: 'secret_replaced'; readonly clientId: string; readonly by: 'read' | 'update' }
  | { readonly kind: 'secret_gone'; readonly clientId: string }
  | { readonly kind: 'client_id_changed'; readonly from: string; readonly clientId: string }
  | { readonly kind: 'differs'; readonly clientId: string; readonly differences: readonly Difference[] }
  | { readonly kind: 'access_withheld'; readonly clientId: string; readonly reason: string }
  | {
      readonly kind: 'verified';
      readonly clientId: string;
      readonly outcome: 'works' | 'refused' | 'unknown';
      readonly reason: string;
    }
  | { readonly kind: 'published'; readonly clientId: string; readonly names: readonly string[] }
  | { readonly kind: 'unpublished'; readonly names: readonly string[] }
  | { readonly kind: 'announced'; readonly clientId: string }
  | { readonly kind: 'promoted'; readonly clientId: string; readonly retiring?: string }
  | { readonly kind: 'retired'; readonly clientId: string; readonly reason: string }
  | { readonly kind: 'deleted'; readonly clientId: string; readonly reason: string }
  | { readonly kind: 'orphaned'; readonly clientId: string; readonly reason: string }
  | { readonly kind: 'suspected'; readonly lookFor: string; readonly reason: string }
  | { readonly kind: 'key_made'; readonly clientId: string; readonly keyId: string }
  | {
      readonly kind: 'key_tried';
      readonly clientId: string;
      readonly keyId: string;
      readonly outcome: 'works' | 'refused' | 'unknown';
      readonly reason: string;
    }
  | { readonly kind: 'key_in_use'; readonly clientId: string; readonly keyId: string }
  | { readonly kind: 'key_dropped'; readonly clientId: string; readonly keyId: string; readonly reason: string }
  | { readonly kind: 'ending'; readonly reason: string };

/** Events after which something at a server, at GitHub or in a hosted key set is not as it was before. */
const CHANGES: ReadonlySet<Event['kind']> = new Set([
  'registered',
  'updated',
  'secret_replaced',
  'secret_gone',
  'client_id_changed',
  'published',
  'unpublished',
  'announced',
  'deleted',
  'key_made',
  'key_dropped',
]);

/** True when something at a server, at GitHub or in a hosted key set is not as it was before these events. */
export function changesSomething(events: readonly Event[]): boolean {
  return events.some(({ kind }) => CHANGES.has(kind));
}
