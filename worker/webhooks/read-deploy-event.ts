import * as z from 'zod';
import type { HookEvent } from './delivery.ts';

const name = z.string().min(1).max(255);

const teardown = z.object({ type: z.literal('deploy.teardown'), data: z.object({ environment: name }) });
const rotate = z.object({ type: z.literal('deploy.rotate'), data: z.object({ environment: name, name }) });
const known = z.discriminatedUnion('type', [teardown, rotate]);
const TYPES: ReadonlySet<unknown> = new Set(known.options.map(({ shape }) => shape.type.value));

/** What a host's message asks for: nothing if its type is unknown, undefined if it lacks what its type needs. */
export function readDeployEvent({
  message,
  repositoryId,
  receivedAt,
}: {
  readonly message: unknown;
  readonly repositoryId: string;
  /** Epoch milliseconds. */
  readonly receivedAt: number;
}): readonly HookEvent[] | undefined {
  const typed = z.object({ type: z.string() }).safeParse(message);
  if (!typed.success) return undefined;
  if (!TYPES.has(typed.data.type)) return [];
  const { data: event } = known.safeParse(message);
  switch (event?.type) {
    case 'deploy.teardown':
      return [{ kind: 'teardown_asked', repositoryId, at: receivedAt, ...event.data }];
    case 'deploy.rotate':
      return [{ kind: 'rotation_asked', repositoryId, at: receivedAt, ...event.data }];
    case undefined:
      return undefined;
  }
}
