import type * as z from 'zod';
import { API_VERSION, API_VERSION_HEADER } from '../../shared/api/worker-api.ts';
import { RegistrarError } from '../../shared/errors/registrar-error.ts';
import { isShallow, MOST_LEVELS } from '../../shared/json/is-shallow.ts';
import { readLimited } from '../webhooks/read-limited.ts';
import type { Malformed } from './answer.ts';

/** No manifest is as large. */
const MOST_BYTES = 1024 * 1024;

/** Checks method, type and size, in this order, and reads the body of a method that has one. */
export async function readBody(
  request: Request,
  allowed: readonly string[],
): Promise<{ readonly text: string } | Malformed> {
  const { method } = request;
  if (!allowed.includes(method)) {
    return { status: 405, message: `${method} is not possible here.`, allow: allowed.join(', ') };
  }
  if (method === 'GET' || method === 'DELETE') return { text: '' };
  const type = (request.headers.get('content-type') ?? '').split(';')[0]?.trim().toLowerCase();
  if (type !== 'application/json') return { status: 415, message: 'The body has to be application/json.' };
  const bytes = await readLimited(request, MOST_BYTES);
  return bytes === undefined
    ? { status: 413, message: 'The body is larger than 1 MiB.' }
    : { text: new TextDecoder().decode(bytes) };
}

/** Throws `api_version_unsupported`, naming the side to upgrade, unless the request speaks our version. */
export function checkVersion(headers: { readonly get: (name: string) => string | null }): void {
  const spoken = headers.get(API_VERSION_HEADER);
  if (spoken === String(API_VERSION)) return;
  const version = Number(spoken ?? Number.NaN);
  const newer = Number.isInteger(version) && version > API_VERSION;
  throw new RegistrarError('api_version_unsupported', {
    message: Number.isInteger(version)
      ? `The Action speaks version ${version} of the protocol, this Worker version ${API_VERSION}: upgrade ${newer ? 'the Worker' : 'the Action'}.`
      : `The request does not say in ${API_VERSION_HEADER} which version of the protocol it speaks; this Worker speaks ${API_VERSION}.`,
    hint: newer ? 'The operator deploys a newer Worker.' : 'Use a newer version of the Action.',
  });
}

/** JSON of a shape; an empty body counts as an empty object. Throws `request_invalid`, which names the place. */
export function parseBody<Schema extends z.ZodType>(text: string, schema: Schema): z.infer<Schema> {
  const result = schema.safeParse(parseJson(text));
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const path = issue === undefined || issue.path.length === 0 ? 'The body' : issue.path.map(String).join('.');
  throw new RegistrarError('request_invalid', { message: `${path} is not what it has to be.` });
}

function parseJson(text: string): unknown {
  let value: unknown;
  try {
    value = text.trim() === '' ? {} : JSON.parse(text);
  } catch {
    throw new RegistrarError('request_invalid', { message: 'The body is not JSON.' });
  }
  if (isShallow(value, MOST_LEVELS)) return value;
  throw new RegistrarError('request_invalid', { message: `The body is nested deeper than ${MOST_LEVELS} levels.` });
}
