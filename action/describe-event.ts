import { printable } from '../shared/errors/printable.ts';
import type { Event } from '../shared/reconcile/event.ts';

/** One event as a line for people. `warning` is true when somebody should look at it. */
export function describeEvent(event: Event): { readonly text: string; readonly warning: boolean } {
  const fine = (text: string) => ({ text, warning: false });
  const look = (text: string) => ({ text, warning: true });
  const id = 'clientId' in event ? printable(event.clientId) : '';
  switch (event.kind) {
    case 'registered':
      return fine(`registered client ${id}${event.purpose === 'first' ? '' : ` (${event.purpose})`}`);
    case 'updated':
      return fine(
        `updated client ${id}${event.members.length === 0 ? '' : ': '}${event.members.map((member) => printable(member, 60)).join(', ')}`,
      );
    case 'secret_replaced':
      return look(
        `the server replaced the secret of client ${id} when it was ${event.by === 'read' ? 'read' : 'updated'}; apps need the new one`,
      );
    case 'secret_gone':
      return fine(`client ${id} has no secret any more`);
    case 'client_id_changed':
      return look(`the server changed the client_id from ${printable(event.from)} to ${id}; apps need the new one`);
    case 'differs':
      return look(
        `the server granted something else to client ${id}: ${event.differences.map(({ member }) => printable(member, 60)).join(', ')}`,
      );
    case 'access_withheld':
      return look(`client ${id} cannot be changed or deleted by us: ${event.reason}`);
    case 'verified':
      if (event.outcome === 'works') return fine(`credentials of client ${id} work: ${event.reason}`);
      return look(
        `credentials of client ${id} ${event.outcome === 'refused' ? 'are refused' : 'could not be tried'}: ${event.reason}`,
      );
    case 'published':
      return fine(`published ${event.names.join(', ')}`);
    case 'unpublished':
      return fine(`removed ${event.names.join(', ')}`);
    case 'announced':
      return fine(`announced client ${id}`);
    case 'promoted':
      return fine(
        `client ${id} is now the current one${event.retiring === undefined ? '' : `; ${printable(event.retiring)} retires`}`,
      );
    case 'retired':
      return fine(`client ${id} is to be deleted: ${event.reason}`);
    case 'deleted':
      return fine(`client ${id} is gone: ${event.reason}`);
    case 'orphaned':
      return look(`client ${id} stays at the server and cannot be deleted by us: ${event.reason}`);
    case 'suspected':
      return look(`${event.lookFor} may have been left behind: ${event.reason}`);
    case 'key_made':
      return fine(`made key ${printable(event.keyId)} for client ${id}, beside the one in use`);
    case 'key_tried':
      if (event.outcome === 'works')
        return fine(`key ${printable(event.keyId)} of client ${id} works: ${event.reason}`);
      return look(
        `key ${printable(event.keyId)} of client ${id} ${event.outcome === 'refused' ? 'is not accepted yet' : 'could not be tried'}: ${event.reason}; the one in use stays`,
      );
    case 'key_in_use':
      return fine(`key ${printable(event.keyId)} is now the one of client ${id}`);
    case 'key_dropped':
      return fine(`key ${printable(event.keyId)} of client ${id} is no longer hosted: ${event.reason}`);
    case 'ending':
      return fine(`the registration ends: ${event.reason}`);
  }
}
