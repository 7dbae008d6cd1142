import { nameProblem, openBox } from './levels.ts';
import {
  created,
  invalid,
  levelOf,
  noContent,
  notFound,
  ok,
  type Permission,
  page,
  type Reply,
  type Request,
  type Route,
} from './reply.ts';
import type { SecretEntry } from './world.ts';

// As in GitHub's published description of the API: padded base64 of the standard alphabet.
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{4})$/;

function put(request: Request): Reply {
  const level = levelOf(request);
  const name = request.path.secret_name ?? '';
  const { encrypted_value: sealed, key_id: keyId } = request.body;
  if (level === undefined) {
    return notFound();
  }
  const problem = nameProblem('Secret', name);
  if (problem !== null) {
    return invalid(problem);
  }
  if (typeof sealed !== 'string' || typeof keyId !== 'string') {
    return invalid('Invalid request.\n\n"encrypted_value", "key_id" weren\'t supplied.');
  }
  if (!BASE64.test(sealed)) {
    return invalid('Invalid request.\n\nencrypted_value does not match the required pattern.');
  }
  if (keyId !== level.keyId) {
    return invalid('Invalid request.\n\nkey_id is not the id of the current public key.');
  }
  const bytes = openBox(level, sealed);
  if (bytes === undefined) {
    return invalid('Invalid request.\n\nencrypted_value could not be decrypted.');
  }
  if (bytes.length > request.limits.valueBytes) {
    return invalid('Invalid request.\n\nSecret value is larger than 48 KB.');
  }
  const key = name.toUpperCase();
  const earlier = level.secrets.get(key);
  if (earlier === undefined && level.secrets.size >= request.limits.secrets) {
    return invalid(`Invalid request.\n\nYou have reached the limit of ${request.limits.secrets} secrets.`);
  }
  const now = request.now().toISOString();
  level.secrets.set(key, {
    value: Buffer.from(bytes).toString('utf8'),
    createdAt: earlier?.createdAt ?? now,
    updatedAt: now,
  });
  return earlier === undefined ? created({}) : noContent();
}

function remove(request: Request): Reply {
  return levelOf(request)?.secrets.delete(name(request)) === true ? noContent() : notFound();
}

function read(request: Request): Reply {
  const entry = levelOf(request)?.secrets.get(name(request));
  return entry === undefined ? notFound() : ok(shown(name(request), entry));
}

function list(request: Request): Reply {
  const level = levelOf(request);
  if (level === undefined) {
    return notFound();
  }
  const secrets = [...level.secrets].map(([key, entry]) => shown(key, entry));
  return ok({ total_count: secrets.length, secrets: page(request, secrets, 100) });
}

function publicKey(request: Request): Reply {
  const level = levelOf(request);
  return level === undefined
    ? notFound()
    : ok({ key_id: level.keyId, key: Buffer.from(level.publicKey).toString('base64') });
}

const name = (request: Request): string => (request.path.secret_name ?? '').toUpperCase();

/** Values are never readable. */
const shown = (key: string, entry: SecretEntry) => ({
  name: key,
  created_at: entry.createdAt,
  updated_at: entry.updatedAt,
});

function routes(base: string, permission: string): readonly Route[] {
  const needs = (access: Permission['access']): Permission => ({ name: permission, access });
  return [
    { method: 'GET', template: `${base}/public-key`, needs: needs('read'), handle: publicKey },
    { method: 'GET', template: base, needs: needs('read'), handle: list },
    { method: 'GET', template: `${base}/{secret_name}`, needs: needs('read'), handle: read },
    { method: 'PUT', template: `${base}/{secret_name}`, needs: needs('write'), handle: put },
    { method: 'DELETE', template: `${base}/{secret_name}`, needs: needs('write'), handle: remove },
  ];
}

/** An environment's secrets, its public key among them, take `environments` and not `secrets`. */
export const SECRET_ROUTES: readonly Route[] = [
  ...routes('/repos/{owner}/{repo}/actions/secrets', 'secrets'),
  ...routes('/repos/{owner}/{repo}/environments/{environment_name}/secrets', 'environments'),
];
