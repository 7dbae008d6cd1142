import { DurableObject } from 'cloudflare:workers';
import { Hono } from 'hono';

type Bindings = { readonly REPOSITORIES: DurableObjectNamespace<Deliveries>; readonly SECRET: string };

type Payload = { readonly repository: { readonly id: number } };

/** Writes one row for each delivery, and does nothing else. */
export class Deliveries extends DurableObject<Bindings> {
  constructor(state: DurableObjectState, env: Bindings) {
    super(state, env);
    state.storage.sql.exec(
      'CREATE TABLE IF NOT EXISTS deliveries (id TEXT PRIMARY KEY, at INTEGER NOT NULL) WITHOUT ROWID',
    );
  }

  take(id: string): void {
    this.ctx.storage.sql.exec('INSERT OR IGNORE INTO deliveries (id, at) VALUES (?, ?)', id, Date.now());
  }
}

let key: Promise<CryptoKey> | undefined;

const app = new Hono<{ Bindings: Bindings }>();

/** The least that a webhook takes: its signature is checked, and one call of one object writes one row. */
app.post('/webhooks/github', async (context) => {
  key ??= importKey(context.env.SECRET);
  const body = await context.req.arrayBuffer();
  const signature = context.req.header('x-hub-signature-256') ?? '';
  if (!(await crypto.subtle.verify('HMAC', await key, bytesOf(signature), body))) return context.text('', 401);
  const { repository } = JSON.parse(new TextDecoder().decode(body)) as Payload;
  const object = context.env.REPOSITORIES.getByName(String(repository.id));
  await object.take(context.req.header('x-github-delivery') ?? '');
  return context.json({ status: 'taken' }, 202);
});

/** Takes a webhook and does nothing with it: what is left is what sending takes. */
app.post('/nothing', async (context) => {
  await context.req.arrayBuffer();
  return context.json({ status: 'taken' }, 202);
});

function bytesOf(signature: string): Uint8Array<ArrayBuffer> {
  const pairs = signature.slice('sha256='.length).match(/../gu) ?? [];
  return Uint8Array.from(pairs, (pair) => Number.parseInt(pair, 16));
}

function importKey(secret: string): Promise<CryptoKey> {
  return crypto.subtle.importKey('raw', new TextEncoder().encode(secret), { name: 'HMAC', hash: 'SHA-256' }, false, [
    'verify',
  ]);
}

export default app;
