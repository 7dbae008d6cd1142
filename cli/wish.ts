import { readFile } from 'node:fs/promises';
import { printable } from '../shared/errors/printable.ts';
import { RegistrarError } from '../shared/errors/registrar-error.ts';
import type { Desired } from '../shared/manifest/desired.ts';
import type { ManifestOptions } from '../shared/manifest/desired-client.ts';
import { desiredFromInputs } from '../shared/manifest/desired-from-inputs.ts';
import { parseDocument } from '../shared/manifest/parse-document.ts';
import { readManifest } from '../shared/manifest/read-manifest.ts';
import type { Json, JsonObject } from '../shared/ports/ports.ts';
import { type Asked, usage } from './options.ts';

/** The environment of clients that are made on one's own machine. */
export const LOCAL = 'local';

/** What may be wanted by hand is what a manifest may want; http is for servers and apps on this machine. */
export function manifestOptions(
  environment: string,
  more: Partial<ManifestOptions['overrides']> & {
    readonly url?: string;
    readonly values?: Record<string, string>;
  } = {},
): ManifestOptions {
  const { url, values = {}, ...overrides } = more;
  return {
    templates: { environment, values, ...(url !== undefined && { url }) },
    overrides,
    insecureLoopback: true,
  };
}

/** One client as somebody describes it by hand. */
export async function wishOf(asked: Asked, server: string): Promise<Desired> {
  const file = asked.text('metadata');
  const sets = asked.list('set').map(memberOf);
  const name = asked.text('name') ?? 'client';
  if (file === undefined && sets.length === 0) {
    const [type, scope, clientName] = [asked.text('type'), asked.text('scope'), asked.text('client-name')];
    const redirectUris = asked.list('redirect-uri');
    const described = {
      ...(type !== undefined && { type }),
      ...(redirectUris.length > 0 && { redirectUris }),
      ...(scope !== undefined && { scope }),
      ...(clientName !== undefined && { clientName }),
    };
    const { desired } = desiredFromInputs({ server, ...described }, manifestOptions(LOCAL));
    return byHand(desired, name);
  }
  const described = ['type', 'redirect-uri', 'scope', 'client-name'].filter((option) => asked.list(option).length > 0);
  if (described.length > 0) {
    throw usage(
      `--${described[0]} does not go with --metadata and --set, which say everything themselves`,
      'oauth-registrar register --help',
    );
  }
  const metadata = file === undefined ? {} : await readMetadata(file);
  return byHand(desiredOf({ ...metadata, ...Object.fromEntries(sets) }, server, file ?? '--set'), name);
}

/** The metadata of a client that exists, changed by hand. */
export async function changedMetadata(asked: Asked, before: Desired): Promise<Desired> {
  const file = asked.text('metadata');
  const sets = asked.list('set').map(memberOf);
  const unset = new Set(asked.list('unset'));
  if (file === undefined && sets.length === 0 && unset.size === 0) {
    throw usage('update needs to know what to change', 'oauth-registrar update --set token_endpoint_auth_method=none');
  }
  const start = file === undefined ? before.metadata : await readMetadata(file);
  const metadata = Object.fromEntries(
    Object.entries({ ...start, ...Object.fromEntries(sets) }).filter(([member]) => !unset.has(member)),
  );
  const where = before.server.address ?? before.server.registrationEndpoint ?? '';
  const [desired] = desiredOf(metadata, where, file ?? '--set');
  if (desired === undefined) throw usage('update needs metadata', 'oauth-registrar update --help');
  return { ...before, metadata: desired.metadata, makeKey: desired.makeKey };
}

function desiredOf(metadata: JsonObject, server: string, path: string): readonly Desired[] {
  return readManifest({ text: JSON.stringify(metadata), path }, manifestOptions(LOCAL, { server })).desired;
}

/** Somebody who types a command sees at once what it does, so an update may replace the secret. */
function byHand([desired]: readonly Desired[], name: string): Desired {
  if (desired === undefined) throw usage('there is nothing to register', 'oauth-registrar register --help');
  if (!/^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/u.test(name)) {
    throw usage(`--name cannot be "${printable(name, 80)}": letters, digits, dots, dashes`, '--name app');
  }
  return { ...desired, name, key: `${LOCAL}/${name}`, update: 'interrupt' };
}

async function readMetadata(path: string): Promise<JsonObject> {
  const text = await readGiven(path);
  const { value } = parseDocument(text, path);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw usage(`${path} has no object with client metadata`, 'a file such as { "client_name": "…", … }');
  }
  if ('clients' in value) throw usage(`${path} is a manifest`, 'oauth-registrar apply --manifest');
  return value as JsonObject;
}

/** The text of a file that a person named. */
export async function readGiven(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new RegistrarError('manifest_missing', {
      message: `${path} cannot be read (${(cause as NodeJS.ErrnoException).code}).`,
      cause,
    });
  }
}

function memberOf(text: string): [string, Json] {
  const cut = text.indexOf('=');
  if (cut < 1) throw usage(`--set "${printable(text, 80)}" is not member=value`, '--set scope="openid fhirUser"');
  const value = text.slice(cut + 1);
  try {
    return [text.slice(0, cut), JSON.parse(value) as Json];
  } catch {
    return [text.slice(0, cut), value];
  }
}
