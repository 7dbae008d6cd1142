import type { Load } from './load.ts';

type Bindings = { readonly OURS: Fetcher; readonly BARE: Fetcher };

/** Sends signed webhooks from inside the runtime, where no other process and no socket is in the way. */
export default {
  fetch: async (request, env) => {
    const load: Load = await request.json();
    let next = 0;
    const sendSome = async () => {
      while (next < load.requests) {
        next += 1;
        await send(env[load.target], load, next);
      }
    };
    await Promise.all(Array.from({ length: load.atOnce }, sendSome));
    return new Response(null, { status: 204 });
  },
} satisfies ExportedHandler<Bindings>;

async function send(target: Fetcher, { path, round, body, headers }: Load, number: number): Promise<void> {
  const answer = await target.fetch(`https://registrar.example.org${path}`, {
    method: 'POST',
    headers: { ...headers, 'x-github-delivery': `${round}-${number}` },
    body,
  });
  const text = await answer.text();
  if (text !== '{"status":"taken"}') throw new Error(`a webhook was answered with ${answer.status}: ${text}`);
}
