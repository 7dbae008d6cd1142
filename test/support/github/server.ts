import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { closeServer, listenOnLoopback } from '../listen.ts';
import { mintedToken, refuseApp } from './app.ts';
import { type Books, makeBooks } from './books.ts';
import { complete } from './complete.ts';
import { answerProblems, answerSchema, requestProblems } from './conformance.ts';
import { type Fault, type Incoming, type Matching, makeFaults, matches } from './faults.ts';
import { newLevel } from './levels.ts';
import { accepted, refusal, type Token } from './permissions.ts';
import { makeRates, type RateLimits } from './rates.ts';
import { failure, invalid, notFound, type Reply } from './reply.ts';
import { findRoute } from './routing.ts';
import { makeSeed, type Seed } from './seed.ts';
import type { App, Limits, RefPolicy, Repository, World } from './world.ts';

const KNOWN_VERSIONS = new Set(['2022-11-28', '2026-03-10']);

export type Call = Incoming & { readonly status: number | 'cut'; readonly tokenKind?: Token['kind'] };

export type GitHubOptions = {
  readonly repository?: Partial<Repository>;
  /** By the token itself. */
  readonly tokens: Readonly<Record<string, Token>>;
  readonly refPolicy?: RefPolicy;
  readonly limits?: Partial<Limits>;
  readonly rates?: RateLimits;
  /** No commit yet, so no git data can be written. */
  readonly empty?: boolean;
  readonly now?: () => number;
  readonly app?: Omit<App, 'tokens' | 'deliveries' | 'redelivered'>;
  /** Waited for before each call is looked at, and after it was answered. Lets a test order the calls of several runs. */
  readonly before?: (call: Incoming) => Promise<void> | void;
  readonly after?: (call: Call) => void;
};

export type GitHub = Books &
  Seed & {
    /** To be used as GITHUB_API_URL. */
    readonly url: string;
    readonly repository: Repository;
    readonly app: App | undefined;
    /** What `repository_dispatch` was asked for. */
    readonly dispatches: World['dispatches'];
    readonly calls: Call[];
    /** How many calls match. */
    readonly count: (matching: Matching) => number;
    readonly fault: (fault: Fault) => void;
    /** Answers the next `times` matching GETs from the books as they are at this moment. */
    readonly staleReads: (stale: Matching & { readonly times: number }) => void;
    readonly clearFaults: () => void;
    /** Requests and answers that GitHub's own description does not allow; taken from the list. */
    readonly takeViolations: () => readonly string[];
    /** Throws where there was a violation that nobody took. */
    readonly close: () => Promise<void>;
  };

/** GitHub's REST API for one repository, on this machine: it refuses what the real one refuses. */
export async function startGitHub(options: GitHubOptions): Promise<GitHub> {
  const repository: Repository = {
    owner: 'octo',
    name: 'app',
    id: 4242,
    ownerId: 77,
    private: true,
    defaultBranch: 'main',
    ...options.repository,
  };
  const world: World = {
    level: newLevel(),
    environments: new Map(),
    objects: new Map(),
    refs: new Map(),
    pulls: new Map(),
    dispatches: [],
    ...(options.app && { app: { ...options.app, tokens: new Map(), deliveries: [], redelivered: [] } }),
  };
  const limits: Limits = { valueBytes: 48 * 1024, secrets: 100, variables: 500, ...options.limits };
  const faults = makeFaults();
  const calls: Call[] = [];
  const violations: string[] = [];
  const violated = (where: string, problems: readonly string[]): void => {
    for (const problem of problems) violations.push(`${where}: ${problem}`);
  };
  const now = options.now ?? Date.now;
  const rates = makeRates(options.rates ?? {}, now);
  const seed = makeSeed(world, repository, () => new Date(now()));
  if (options.empty !== true) {
    seed.commit({ branch: repository.defaultBranch, files: { 'README.md': '# app\n' }, message: 'Begin' });
  }

  async function answer(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(message.url ?? '/', 'http://github');
    const method = message.method ?? 'GET';
    const found = findRoute(method, url.pathname);
    const token = /^(?:bearer|token) (.+)$/i.exec(message.headers.authorization ?? '')?.[1] ?? '';
    const incoming: Incoming = {
      method,
      template: found?.route.template ?? '',
      path: decodeURIComponent(url.pathname),
      token,
    };
    const { body, hasBody } = await readBody(message);
    await options.before?.(incoming);
    const fault = faults.next(incoming);
    const holder = options.tokens[token] ?? mintedToken(world, repository, token, now());
    const finish = (status: Call['status']): void => {
      const call: Call = { ...incoming, status, ...(holder === undefined ? {} : { tokenKind: holder.kind }) };
      calls.push(call);
      options.after?.(call);
    };
    const rate = rates({ token, kind: holder?.kind, method });
    if (fault?.kind === 'cut') {
      finish('cut');
      response.destroy();
      return;
    }
    if (fault?.kind === 'status') {
      finish(fault.status);
      send(response, failure(fault.status, fault.message ?? 'Injected', fault.headers), rate.headers);
      return;
    }
    const refused =
      refuseHeaders(message) ??
      (holder === undefined && found?.route.as !== 'app' ? null : rate.refusal) ??
      (found?.route.as === 'app' ? refuseApp(world.app, token, now()) : admit(repository, found, holder)) ??
      (body === undefined ? failure(400, 'Problems parsing JSON') : null);
    const asked = { method, template: incoming.template };
    const wrong = requestProblems(asked, { query: url.searchParams, body, hasBody });
    violated(`request ${method} ${incoming.path}`, body === undefined ? [] : [...wrong.query, ...wrong.body]);
    const plain =
      refused ??
      (wrong.body.length > 0 ? invalid(`Invalid request.\n\n${wrong.body.join('\n')}`) : undefined) ??
      (await found?.route.handle({
        world: faults.staleWorld(incoming) ?? world,
        repository,
        refPolicy: options.refPolicy ?? 'any',
        limits,
        path: found.path,
        query: url.searchParams,
        accept: message.headers.accept ?? '',
        token,
        body: body ?? {},
        now: () => new Date(now()),
      })) ??
      notFound();
    const schema = plain.raw === undefined ? answerSchema(asked, plain.status) : undefined;
    const reply = schema === undefined ? plain : { ...plain, body: complete(schema, plain.body) };
    violated(`answer to ${method} ${incoming.path}`, answerProblems(asked, reply));
    if (fault?.kind === 'lost') {
      finish('cut');
      response.destroy();
      return;
    }
    if (fault?.kind === 'half') {
      finish('cut');
      sendHalf(response, reply);
      return;
    }
    finish(fault?.kind === 'done-but' ? fault.status : reply.status);
    send(response, fault?.kind === 'done-but' ? failure(fault.status, 'Injected') : reply, {
      ...rate.headers,
      ...(found === undefined ? {} : { 'x-accepted-github-permissions': accepted(found.route.needs) }),
    });
  }

  const server = createServer((message, response) => {
    answer(message, response).catch((error: unknown) => {
      send(response, failure(599, `The stand-in failed: ${String(error)}`));
    });
  });
  const port = await listenOnLoopback(server);
  return {
    ...makeBooks(world),
    ...seed,
    url: `http://127.0.0.1:${port}`,
    repository,
    app: world.app,
    dispatches: world.dispatches,
    calls,
    count: (matching) => calls.filter((call) => matches(matching, call)).length,
    fault: faults.add,
    staleReads: (stale) => faults.addStale({ ...stale, world: structuredClone(world) }),
    clearFaults: faults.clear,
    takeViolations: () => violations.splice(0),
    close: async () => {
      await closeServer(server);
      if (violations.length > 0) throw new Error(`GitHub would not do so:\n${violations.join('\n')}`);
    },
  };
}

/** What is refused before anything else is looked at. */
function refuseHeaders(message: IncomingMessage): Reply | null {
  if (message.headers['user-agent'] === undefined) {
    return failure(
      403,
      'Request forbidden by administrative rules. Please make sure your request has a User-Agent header',
    );
  }
  const version = message.headers['x-github-api-version'];
  // The real one takes an unnamed version for an old one; naming it is required here, because leaving it out is a defect.
  if (typeof version !== 'string' || !KNOWN_VERSIONS.has(version)) {
    return failure(400, `"${String(version)}" is not a supported version of the API.`);
  }
  return null;
}

/** What is refused before a route is looked at, in GitHub's order. */
function admit(repository: Repository, found: ReturnType<typeof findRoute>, holder: Token | undefined): Reply | null {
  if (holder === undefined) {
    return failure(401, 'Bad credentials');
  }
  if (found === undefined || !isHere(found.path, repository)) {
    return notFound();
  }
  return refusal(holder, repository, found.route.needs, found.route.public === true);
}

function isHere(path: Readonly<Record<string, string>>, repository: Repository): boolean {
  return (
    (path.owner ?? repository.owner).toLowerCase() === repository.owner.toLowerCase() &&
    (path.repo ?? repository.name).toLowerCase() === repository.name.toLowerCase()
  );
}

async function readBody(
  message: IncomingMessage,
): Promise<{ readonly body: Record<string, unknown> | undefined; readonly hasBody: boolean }> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) {
    chunks.push(chunk as Buffer);
  }
  const text = Buffer.concat(chunks).toString('utf8');
  const hasBody = text !== '';
  try {
    const parsed: unknown = hasBody ? JSON.parse(text) : {};
    return {
      body: typeof parsed === 'object' && parsed !== null ? (parsed as Record<string, unknown>) : undefined,
      hasBody,
    };
  } catch {
    return { body: undefined, hasBody };
  }
}

const contentOf = (reply: Reply): Uint8Array | undefined =>
  reply.raw?.bytes ?? (reply.body === undefined ? undefined : Buffer.from(JSON.stringify(reply.body)));

function sendHalf(response: ServerResponse, reply: Reply): void {
  const content = contentOf(reply) ?? Buffer.from('{}');
  response.writeHead(reply.status, {
    'content-type': reply.raw?.type ?? 'application/json; charset=utf-8',
    'content-length': content.length,
  });
  response.write(content.subarray(0, Math.floor(content.length / 2)), () => response.destroy());
}

function send(response: ServerResponse, reply: Reply, headers: Record<string, string> = {}): void {
  const content = contentOf(reply);
  response.writeHead(reply.status, {
    ...(content === undefined ? {} : { 'content-type': reply.raw?.type ?? 'application/json; charset=utf-8' }),
    ...headers,
    ...reply.headers,
  });
  response.end(content);
}
