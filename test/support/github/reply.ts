import type { Level, Limits, RefPolicy, Repository, World } from './world.ts';

export type Reply = {
  readonly status: number;
  readonly body?: unknown;
  /** Sent instead of `body`, not as JSON. */
  readonly raw?: { readonly type: string; readonly bytes: Uint8Array };
  readonly headers?: Readonly<Record<string, string>>;
};

/** One request, as a route's handler sees it. */
export type Request = {
  readonly world: World;
  readonly repository: Repository;
  readonly refPolicy: RefPolicy;
  readonly limits: Limits;
  /** Decoded members of the path template. */
  readonly path: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly accept: string;
  readonly token: string;
  readonly body: Readonly<Record<string, unknown>>;
  readonly now: () => Date;
};

export type Permission = { readonly name: string; readonly access: 'read' | 'write' };

export type Route = {
  readonly method: string;
  /** A last member written `{+name}` takes the rest of the path. */
  readonly template: string;
  readonly needs: Permission;
  /** Anyone may do it in a public repository. */
  readonly public?: boolean;
  /** Only the App itself may, by its own signed token. */
  readonly as?: 'app';
  readonly handle: (request: Request) => Reply | Promise<Reply>;
};

const DOCUMENTATION = 'https://docs.github.com/rest';

export const ok = (body: unknown, headers?: Record<string, string>): Reply => ({
  status: 200,
  body,
  ...(headers === undefined ? {} : { headers }),
});
export const created = (body: unknown): Reply => ({ status: 201, body });
export const noContent = (): Reply => ({ status: 204 });

export function failure(status: number, message: string, headers?: Record<string, string>, errors?: unknown): Reply {
  return {
    status,
    body: {
      message,
      ...(errors === undefined ? {} : { errors }),
      documentation_url: DOCUMENTATION,
      status: String(status),
    },
    ...(headers === undefined ? {} : { headers }),
  };
}

export const notFound = (): Reply => failure(404, 'Not Found');
export const invalid = (message: string): Reply => failure(422, message);

/** The repository itself, or the environment that the path names; undefined when there is none of that name. */
export function levelOf(request: Request): Level | undefined {
  const name = request.path.environment_name;
  return name === undefined ? request.world.level : request.world.environments.get(name.toLowerCase())?.level;
}

/** Page and size of a list, with GitHub's default and the most that this list gives. */
export function page<T>(request: Request, items: readonly T[], most: number, usual = 30): readonly T[] {
  const size = Math.min(Math.max(Number(request.query.get('per_page') ?? usual) || usual, 1), most);
  const number = Math.max(Number(request.query.get('page') ?? 1) || 1, 1);
  return items.slice((number - 1) * size, number * size);
}
