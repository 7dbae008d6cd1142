import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { act, type Interference } from './interference.ts';

/** One request as the server saw it. Bodies are kept only where asked for. */
export type SeenRequest = {
  readonly method: string;
  /** Without query. */
  readonly path: string;
  /** Milliseconds since the epoch. */
  readonly arrivedAt: number;
  /** Lower case, such as `bearer`; never the credentials. */
  readonly authorizationScheme?: string;
  /** Undefined while under way. */
  readonly status?: number;
  /** The server acted (or not) and the connection was cut instead of an answer. */
  readonly lost: boolean;
  readonly finishedAt?: number;
  readonly requestBody?: string;
};

/** Which requests: all that are given must match. */
export type Which = {
  readonly method?: string;
  /** A path exactly, or a pattern for it. */
  readonly path?: string | RegExp;
};

export type Rule = Which & {
  /** Let this many matching requests pass first; 0 unless said. */
  readonly skip?: number;
  /** How many requests it applies to; without end unless said. */
  readonly times?: number;
  readonly do: Interference;
};

/** A rule in force: called, it is taken back. */
export type Interfering = (() => void) & {
  /** How many requests it was applied to. */
  readonly hits: () => number;
};

/** What passes between a server and the world: a log, and a hand to interfere. */
export type Traffic = {
  readonly listener: (handle: RequestListener) => RequestListener;
  readonly requests: readonly SeenRequest[];
  readonly count: (which: Which) => number;
  /** Applies a rule from now on; the first rule that matches wins. */
  readonly interfere: (rule: Rule) => Interfering;
  /** Resolves when the next matching request arrives, before the server acts. */
  readonly arrival: (which: Which) => Promise<SeenRequest>;
  /** Resolves when the next matching request is answered or lost. */
  readonly completion: (which: Which) => Promise<SeenRequest>;
  /** Called for every request before the server acts, and awaited. */
  readonly before: (listener: (request: SeenRequest) => void | Promise<void>) => void;
  /** Called for every request after its answer was sent or lost. */
  readonly after: (listener: (request: SeenRequest) => void) => void;
  readonly reset: () => void;
};

type Waiter = { readonly which: Which; readonly resolve: (request: SeenRequest) => void };

export function createTraffic(options: { readonly keepRequestBodies?: boolean } = {}): Traffic {
  const requests: SeenRequest[] = [];
  let rules: { readonly rule: Rule; seen: number; hits: number }[] = [];
  let arrivals: Waiter[] = [];
  let completions: Waiter[] = [];
  let befores: ((request: SeenRequest) => void | Promise<void>)[] = [];
  let afters: ((request: SeenRequest) => void)[] = [];

  const wake = (waiters: Waiter[], request: SeenRequest): Waiter[] =>
    waiters.filter((waiter) => {
      if (!matches(waiter.which, request)) return true;
      waiter.resolve(request);
      return false;
    });

  const interferenceFor = (request: SeenRequest): Interference | undefined => {
    for (const entry of rules) {
      if (!matches(entry.rule, request)) continue;
      entry.seen += 1;
      const turn = entry.seen - (entry.rule.skip ?? 0);
      if (turn < 1 || turn > (entry.rule.times ?? Number.POSITIVE_INFINITY)) continue;
      entry.hits += 1;
      return entry.rule.do;
    }
    return undefined;
  };

  const serve = async (handle: RequestListener, req: IncomingMessage, res: ServerResponse): Promise<void> => {
    let request = seen(req);
    const log = requests;
    const at = log.push(request) - 1;
    const bodyChunks = options.keepRequestBodies === true ? captureRequestBody(req) : [];
    const interference = interferenceFor(request);

    let done = false;
    const finish = (lost: boolean): void => {
      if (done) return;
      done = true;
      request = {
        ...request,
        lost,
        finishedAt: Date.now(),
        ...(lost ? {} : { status: res.statusCode }),
        ...(bodyChunks.length > 0 ? { requestBody: Buffer.concat(bodyChunks).toString('utf8') } : {}),
      };
      if (log[at]?.arrivedAt === request.arrivedAt) log[at] = request;
      for (const listener of afters) listener(request);
      completions = wake(completions, request);
    };
    res.once('finish', () => finish(false));
    res.once('close', () => finish(!res.writableFinished));

    arrivals = wake(arrivals, request);
    for (const listener of befores) await listener(request);
    await act({ interference, handle, req, res });
  };

  return {
    listener: (handle) => (req, res) => {
      serve(handle, req, res).catch(() => req.socket.destroy());
    },
    requests,
    count: (which) => requests.filter((request) => matches(which, request)).length,
    interfere: (rule) => {
      const entry = { rule, seen: 0, hits: 0 };
      rules.push(entry);
      const takeBack = () => {
        rules = rules.filter((other) => other !== entry);
      };
      return Object.assign(takeBack, { hits: () => entry.hits });
    },
    arrival: (which) => new Promise((resolve) => arrivals.push({ which, resolve })),
    completion: (which) => new Promise((resolve) => completions.push({ which, resolve })),
    before: (listener) => befores.push(listener),
    after: (listener) => afters.push(listener),
    reset: () => {
      requests.length = 0;
      rules = [];
      arrivals = [];
      completions = [];
      befores = [];
      afters = [];
    },
  };
}

function matches(which: Which, request: SeenRequest): boolean {
  if (which.method !== undefined && which.method !== request.method) return false;
  if (which.path === undefined) return true;
  return typeof which.path === 'string' ? which.path === request.path : which.path.test(request.path);
}

function seen(req: IncomingMessage): SeenRequest {
  const scheme = req.headers.authorization?.split(' ', 1)[0]?.toLowerCase();
  return {
    method: req.method ?? '',
    path: (req.url ?? '').split('?', 1)[0] ?? '',
    arrivedAt: Date.now(),
    lost: false,
    ...(scheme === undefined ? {} : { authorizationScheme: scheme }),
  };
}

/** Sees what the handler reads, without reading anything itself. */
function captureRequestBody(req: IncomingMessage): Buffer[] {
  const chunks: Buffer[] = [];
  const read = req.read.bind(req);
  req.read = (size?: number): unknown => {
    const chunk: unknown = read(size);
    if (Buffer.isBuffer(chunk)) chunks.push(chunk);
    return chunk;
  };
  return chunks;
}
