import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

/** What happens to a request instead of the usual. */
export type Interference =
  /** The connection is cut before the server does anything. */
  | { readonly kind: 'lose_request' }
  /** The server acts, and the connection is cut instead of an answer. */
  | { readonly kind: 'lose_answer' }
  /** The server acts, and half of its body arrives before the connection is cut. */
  | { readonly kind: 'cut_answer' }
  /** The server acts as usual after this time. */
  | { readonly kind: 'delay'; readonly milliseconds: number }
  /** The server acts at once and answers after this time. */
  | { readonly kind: 'delay_answer'; readonly milliseconds: number }
  /** The server does nothing and answers this. */
  | ({ readonly kind: 'answer' } & CannedAnswer)
  /** The server acts and answers this. */
  | ({ readonly kind: 'replace_answer' } & CannedAnswer);

export type CannedAnswer = {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
};

/** Serves one request, interfered with. */
export async function act(exchange: {
  readonly interference: Interference | undefined;
  readonly handle: RequestListener;
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
}): Promise<void> {
  const { interference, handle, req, res } = exchange;
  switch (interference?.kind) {
    case undefined:
      await handle(req, res);
      return;
    case 'lose_request':
      req.socket.destroy();
      return;
    case 'delay':
      await sleep(interference.milliseconds);
      await handle(req, res);
      return;
    case 'answer':
      req.resume();
      res.writeHead(interference.status, interference.headers).end(interference.body);
      return;
    case 'lose_answer':
      insteadOfAnswer(res, () => {
        req.socket.destroy();
      });
      await handle(req, res);
      return;
    case 'cut_answer':
      insteadOfAnswer(res, (body, original) => {
        res.setHeader('content-length', body.length);
        original.write(body.subarray(0, Math.floor(body.length / 2)), () => req.socket.destroy());
      });
      await handle(req, res);
      return;
    case 'delay_answer':
      insteadOfAnswer(res, (body, original) => {
        setTimeout(() => original.end(body), interference.milliseconds);
      });
      await handle(req, res);
      return;
    case 'replace_answer':
      insteadOfAnswer(res, (_body, original) => {
        for (const name of res.getHeaderNames()) res.removeHeader(name);
        for (const [name, value] of Object.entries(interference.headers ?? {})) res.setHeader(name, value);
        res.statusCode = interference.status;
        original.end(Buffer.from(interference.body ?? ''));
      });
      await handle(req, res);
      return;
  }
}

type OriginalAnswer = {
  readonly write: (body: Buffer, written: () => void) => void;
  readonly end: (body: Buffer) => void;
};

/** Lets the handler write its answer into a buffer and hands that over when it is complete. */
function insteadOfAnswer(res: ServerResponse, complete: (body: Buffer, original: OriginalAnswer) => void): void {
  const chunks: Buffer[] = [];
  const write = res.write.bind(res);
  const end = res.end.bind(res);
  const keep = (chunk: unknown): void => {
    if (typeof chunk === 'string') chunks.push(Buffer.from(chunk));
    else if (chunk instanceof Uint8Array) chunks.push(Buffer.from(chunk));
  };
  const replacement = {
    writeHead: (status: number, headers: Readonly<Record<string, string>> = {}) => {
      res.statusCode = status;
      for (const [name, value] of Object.entries(headers)) res.setHeader(name, value);
      return res;
    },
    flushHeaders: () => undefined,
    write: (chunk: unknown) => {
      keep(chunk);
      return true;
    },
    end: (chunk?: unknown) => {
      keep(chunk);
      for (const name of Object.keys(replacement)) Reflect.deleteProperty(res, name);
      complete(Buffer.concat(chunks), {
        write: (body, written) => write(body, () => written()),
        end: (body) => end(body),
      });
      return res;
    },
  };
  Object.assign(res, replacement);
}
