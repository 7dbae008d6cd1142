import { createRequire } from 'node:module';
import type { Payload } from '../../../action/binding/event-payload.ts';

type Definition = { readonly name: string; readonly examples: readonly Payload[] };

const definitions = createRequire(import.meta.url)('@octokit/webhooks-examples') as readonly Definition[];

/** Real payloads of an event, as GitHub's users have contributed them. */
export function examplesOf(event: string): readonly Payload[] {
  const examples = definitions.find(({ name }) => name === event)?.examples ?? [];
  if (examples.length === 0) {
    throw new TypeError(`no examples of ${event}`);
  }
  return examples;
}

/** The first payload of an event, of an action if one is named. */
export function exampleOf(event: string, action?: string): Payload {
  const example = examplesOf(event).find((payload) => action === undefined || payload.action === action);
  if (example === undefined) {
    throw new TypeError(`no example of ${event} ${action}`);
  }
  return example;
}

/** A copy of a payload with members replaced at dotted paths. */
export function changed(payload: Payload, changes: Readonly<Record<string, unknown>>): Payload {
  const copy = structuredClone(payload) as Record<string, unknown>;
  for (const [path, value] of Object.entries(changes)) {
    const names = path.split('.');
    const last = names.pop() ?? '';
    let place = copy;
    for (const name of names) {
      place = place[name] as Record<string, unknown>;
    }
    place[last] = value;
  }
  return copy;
}
