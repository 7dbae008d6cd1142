import { createServer } from 'node:http';
import { closeServer, listenOnLoopback } from '../../support/listen.ts';

export type IdTokens = {
  /** What a job with `id-token: write` has in its environment. */
  readonly env: Readonly<Record<string, string>>;
  readonly close: () => Promise<void>;
};

/** Where jobs fetch their id-tokens. */
export async function startIdTokens(token: (audience: string) => Promise<string>): Promise<IdTokens> {
  const server = createServer(async (request, response) => {
    const audience = new URL(request.url ?? '/', 'http://localhost').searchParams.get('audience') ?? '';
    response.end(JSON.stringify({ value: await token(audience) }));
  });
  const port = await listenOnLoopback(server);
  return {
    env: {
      ACTIONS_ID_TOKEN_REQUEST_URL: `http://127.0.0.1:${port}/?v=2`,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'of-this-job',
    },
    close: () => closeServer(server),
  };
}
