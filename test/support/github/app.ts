import { createPublicKey, randomBytes, verify } from 'node:crypto';
import type { Token } from './permissions.ts';
import {
  created,
  failure,
  invalid,
  noContent,
  notFound,
  ok,
  page,
  type Reply,
  type Request,
  type Route,
} from './reply.ts';
import type { App, Installation, Repository, World } from './world.ts';

/** GitHub takes an App's token for ten minutes at most. */
const LONGEST_JWT_SECONDS = 600;
const TOKEN_MS = 3_600_000;
const RANK = { read: 1, write: 2 } as const;

/** Null when the bearer is the App by its own signed token, else GitHub's refusal. */
export function refuseApp(app: App | undefined, bearer: string, now: number): Reply | null {
  const [head = '', body = '', signature = ''] = bearer.split('.');
  const undecodable = failure(401, 'A JSON web token could not be decoded');
  if (app === undefined || signature === '') return undecodable;
  try {
    const { alg } = JSON.parse(Buffer.from(head, 'base64url').toString()) as { alg: unknown };
    const key = createPublicKey(app.publicKey);
    const good = verify('RSA-SHA256', Buffer.from(`${head}.${body}`), key, Buffer.from(signature, 'base64url'));
    if (alg !== 'RS256' || !good) return undecodable;
    const { iss, iat, exp } = JSON.parse(Buffer.from(body, 'base64url').toString()) as Record<string, unknown>;
    const seconds = now / 1000;
    if (String(iss) !== app.id) return failure(401, "'Issuer' claim ('iss') must be an Integer");
    if (typeof exp !== 'number' || exp <= seconds)
      return failure(401, "'Expiration time' claim ('exp') must be a future time");
    if (exp > seconds + LONGEST_JWT_SECONDS) {
      return failure(401, "'Expiration time' claim ('exp') is too far in the future");
    }
    if (typeof iat !== 'number' || iat > seconds + 60)
      return failure(401, "'Issued at' claim ('iat') must be in the past");
    return null;
  } catch {
    return undecodable;
  }
}

/** What a minted token may do, until it ends or its installation does. */
export function mintedToken(world: World, repository: Repository, token: string, now: number): Token | undefined {
  const minted = world.app?.tokens.get(token);
  const installation = world.app?.installations.find(({ id }) => id === minted?.installation);
  if (minted === undefined || installation === undefined || installation.suspended === true) return undefined;
  if (minted.expiresAt <= now) return undefined;
  const here = minted.repositories.includes(repository.id);
  return { kind: 'app', permissions: minted.permissions, ...(here ? {} : { otherRepository: true }) };
}

function mint(request: Request): Reply {
  const app = request.world.app as App;
  const installation = app.installations.find(({ id }) => id === Number(request.path.installation_id));
  if (installation === undefined) return notFound();
  if (installation.suspended === true) return failure(403, 'This installation has been suspended');
  const { repository_ids: ids = installation.repositories, permissions = installation.permissions } = request.body;
  if (!Array.isArray(ids) || ids.some((id) => !installation.repositories.includes(id))) {
    return invalid(
      'There is at least one repository that does not exist or is not accessible to the parent installation.',
    );
  }
  const asked = permissions as Installation['permissions'];
  if (
    Object.entries(asked).some(
      ([name, access]) =>
        RANK[access] > (RANK[installation.permissions[name] ?? 'read'] ?? 0) ||
        installation.permissions[name] === undefined,
    )
  ) {
    return invalid('The permissions requested are not granted to this installation.');
  }
  const expiresAt = request.now().getTime() + TOKEN_MS;
  const token = `ghs_${app.id}_${randomBytes(200).toString('base64url')}.${randomBytes(60).toString('base64url')}`;
  app.tokens.set(token, {
    installation: installation.id,
    repositories: ids as number[],
    permissions: asked,
    expiresAt,
  });
  return created({
    token,
    expires_at: new Date(expiresAt).toISOString().replace('.000', ''),
    permissions: { ...asked, metadata: 'read' },
    repository_selection: 'selected',
    ...(app.namesRepositories === false ? {} : { repositories: ids.map((id: number) => shownRepository(request, id)) }),
  });
}

/** The one repository of this stand-in, or one of which nothing but its id is known. */
function shownRepository({ repository }: Request, id: number): unknown {
  const here = id === repository.id;
  const [owner, name] = here ? [repository.owner, repository.name] : ['elsewhere', `repository-${id}`];
  return { id, name, full_name: `${owner}/${name}`, owner: { login: owner, id: here ? repository.ownerId : 1 } };
}

function repositories(request: Request): Reply {
  const { tokens } = request.world.app as App;
  const ids = tokens.get(request.token)?.repositories;
  if (ids === undefined)
    return failure(
      403,
      'You must authenticate with an installation access token in order to list repositories for an installation.',
    );
  return ok({
    total_count: ids.length,
    repositories: page(
      request,
      ids.map((id) => shownRepository(request, id)),
      100,
    ),
  });
}

function installation(request: Request): Reply {
  const { owner, repo } = request.path;
  const { repository, world } = request;
  const app = world.app as App;
  if (app.formerNames?.includes(`${owner}/${repo}`) === true) {
    return { status: 301, headers: { location: `https://api.github.com/repositories/${repository.id}/installation` } };
  }
  const named = app.otherNames?.[`${owner}/${repo}`] ?? (isNamed(repository, owner, repo) ? repository.id : undefined);
  const found = app.installations.find((entry) => named !== undefined && entry.repositories.includes(named));
  return found === undefined ? notFound() : ok(shownInstallation(request, found));
}

const isNamed = (repository: Repository, owner = '', repo = ''): boolean =>
  owner.toLowerCase() === repository.owner.toLowerCase() && repo.toLowerCase() === repository.name.toLowerCase();

const shownInstallation = (request: Request, { id, account, permissions, suspended }: Installation) => ({
  id,
  account,
  permissions: { ...permissions, metadata: 'read' },
  repository_selection: 'selected',
  suspended_at: suspended === true ? request.now().toISOString() : null,
});

function installations(request: Request): Reply {
  const all = (request.world.app as App).installations.map((entry) => shownInstallation(request, entry));
  return ok(page(request, all, 100));
}

/** The newest first; the link to what follows carries a cursor. */
function deliveries(request: Request): Reply {
  const all = [...(request.world.app as App).deliveries].sort((a, b) => b.id - a.id);
  const size = Math.min(Number(request.query.get('per_page') ?? 30), 100);
  const cursor = request.query.get('cursor');
  const from = cursor === null ? 0 : all.findIndex(({ id }) => `v1_${id}` === cursor);
  const shown = all.slice(from, from + size);
  const next = all[from + size];
  const link = next && `<https://api.github.com/app/hook/deliveries?per_page=${size}&cursor=v1_${next.id}>; rel="next"`;
  return ok(
    shown.map(({ id, guid, deliveredAt, statusCode }) => ({
      id,
      guid,
      delivered_at: new Date(deliveredAt).toISOString(),
      redelivery: all.some((other) => other.guid === guid && other.id < id),
      status: statusCode === 202 ? 'OK' : 'Invalid HTTP Response',
      status_code: statusCode,
      event: 'pull_request',
      action: 'closed',
      installation_id: 1,
      repository_id: request.repository.id,
    })),
    link === undefined ? undefined : { link },
  );
}

function redeliver(request: Request): Reply {
  const app = request.world.app as App;
  const id = Number(request.path.delivery_id);
  if (!app.deliveries.some((delivery) => delivery.id === id)) return notFound();
  app.redelivered.push(id);
  return { status: 202, body: {} };
}

function dispatch(request: Request): Reply {
  const { event_type: type, client_payload: payload = {} } = request.body;
  if (typeof type !== 'string' || type === '' || type.length > 100)
    return invalid('Invalid request.\n\n"event_type" wasn\'t supplied.');
  if (typeof payload !== 'object' || Object.keys(payload ?? {}).length > 10) {
    return invalid('No more than 10 properties are allowed; client_payload has more.');
  }
  request.world.dispatches.push({ type, payload: payload as Record<string, unknown> });
  return noContent();
}

const METADATA = { name: 'metadata', access: 'read' } as const;

export const APP_ROUTES: readonly Route[] = [
  { method: 'GET', template: '/app/installations', needs: METADATA, as: 'app', handle: installations },
  {
    method: 'POST',
    template: '/app/installations/{installation_id}/access_tokens',
    needs: METADATA,
    as: 'app',
    handle: mint,
  },
  { method: 'GET', template: '/repos/{owner}/{repo}/installation', needs: METADATA, as: 'app', handle: installation },
  { method: 'GET', template: '/app/hook/deliveries', needs: METADATA, as: 'app', handle: deliveries },
  {
    method: 'POST',
    template: '/app/hook/deliveries/{delivery_id}/attempts',
    needs: METADATA,
    as: 'app',
    handle: redeliver,
  },
  { method: 'GET', template: '/installation/repositories', needs: METADATA, handle: repositories },
  {
    method: 'POST',
    template: '/repos/{owner}/{repo}/dispatches',
    needs: { name: 'contents', access: 'write' },
    handle: dispatch,
  },
];
