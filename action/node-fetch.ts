import { once } from 'node:events';
import type { Agent, ClientRequest, IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import type { Fetch } from '../shared/ports/ports.ts';

/** Both as in Node's own fetch: how long a connection may take to stand, and how long it is kept unused. */
const CONNECT_MS = 10_000;
const UNUSED_MS = 4_000;

const REDIRECTS = new Set([301, 302, 303, 307, 308]);
const WITHOUT_BODY = new Set([204, 205, 304]);
const AROUND_HEADER_VALUE = /^[\t\n\r ]+|(?<![\t\n\r ])[\t\n\r ]+$/gu;

/**
 * The web's fetch, as far as it is used here, over Node's HTTP client: Node's own fetch takes more processor time to
 * load and to warm up than all else that a step does. It follows no redirect: with `redirect: 'manual'` it answers with
 * the redirect itself, else it rejects.
 */
export function nodeFetch(): Fetch {
  const agents = new Map<string, Agent>();

  return async (address, { method = 'GET', headers = {}, body, signal, redirect }) => {
    const url = new URL(address);
    if (url.username !== '' || url.password !== '') throw new TypeError('an address with a user name or password');
    const secure = url.protocol === 'https:';
    const http = process.getBuiltinModule(secure ? 'node:https' : 'node:http');
    const agent = agents.get(url.protocol) ?? new http.Agent({ keepAlive: true, timeout: UNUSED_MS });
    agents.set(url.protocol, agent);

    const request = http.request(url, {
      method,
      agent,
      headers: sentHeaders(headers as Readonly<Record<string, string>>),
      ...(signal && { signal }),
    });
    const message = await new Promise<IncomingMessage>((resolve, reject) => {
      const connection = watchConnecting(request, secure ? 'secureConnect' : 'connect');
      request.on('error', (error) => reject(connection.stands() ? error : asHandshakeFailure(error)));
      request.on('response', resolve).end(body);
    });
    const status = message.statusCode ?? 0;
    if (REDIRECTS.has(status) && redirect !== 'manual') {
      message.destroy();
      throw new TypeError('a redirect that is not to be followed');
    }
    const empty = WITHOUT_BODY.has(status);
    if (empty) await once(message.resume(), 'end');
    return answerOf(message, status, empty ? undefined : decoded(message));
  };
}

function sentHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  const given = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value] as const);
  return {
    accept: '*/*',
    'accept-encoding': 'identity',
    'user-agent': 'oauth-registrar',
    ...Object.fromEntries(given.map(([name, value]) => [name, value.replace(AROUND_HEADER_VALUE, '')])),
  };
}

/** A server that never accepts is known to have got nothing, so a request to it can be tried again. */
function watchConnecting(request: ClientRequest, event: 'connect' | 'secureConnect') {
  let stands = true;
  request.once('socket', (socket) => {
    if (!socket.connecting) return;
    stands = false;
    const late = Object.assign(new Error('not connected in time'), { code: 'ETIMEDOUT', syscall: 'connect' });
    const timer = setTimeout(() => request.destroy(late), CONNECT_MS);
    socket.once('close', () => clearTimeout(timer));
    socket.once(event, () => {
      clearTimeout(timer);
      stands = true;
    });
  });
  return { stands: () => stands };
}

/** Node says only EPROTO when the other side speaks no TLS that suits it. */
function asHandshakeFailure(error: NodeJS.ErrnoException): Error {
  if (error.code !== 'EPROTO') return error;
  return Object.assign(new Error('no TLS handshake', { cause: error }), { code: 'ERR_TLS_HANDSHAKE' });
}

function answerOf({ headers }: IncomingMessage, status: number, body: Readable | undefined): Response {
  const bytes = async (): Promise<Buffer> => Buffer.concat(body === undefined ? [] : await body.toArray());
  const answer = {
    status,
    type: 'basic',
    url: '',
    headers: {
      get: (name: string) => headers[name.toLowerCase()]?.toString() ?? null,
      *[Symbol.iterator]() {
        for (const [name, value] of Object.entries(headers)) yield [name, String(value)];
      },
    },
    body: body === undefined ? null : { getReader: () => readerOf(body) },
    text: async () => new TextDecoder().decode(await bytes()),
    arrayBuffer: async () => new Uint8Array(await bytes()).buffer,
  };
  return answer as unknown as Response;
}

function readerOf(body: Readable) {
  const chunks: AsyncIterator<Buffer> = body[Symbol.asyncIterator]();
  return {
    read: () => chunks.next(),
    cancel: async () => {
      body.destroy();
    },
  };
}

/** Some servers compress whatever they are asked. */
function decoded(message: IncomingMessage): Readable {
  const coding = message.headers['content-encoding']?.trim().toLowerCase() ?? 'identity';
  if (!/^(?:x-)?gzip$|^deflate$|^br$/u.test(coding)) return message;
  const { createUnzip, createBrotliDecompress } = process.getBuiltinModule('node:zlib');
  const decoder = coding === 'br' ? createBrotliDecompress() : createUnzip();
  // A failure on either side ends the decoder, whose reader hears of it.
  return process.getBuiltinModule('node:stream').pipeline(message, decoder, () => {});
}
