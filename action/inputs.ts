import { RegistrarError } from '../shared/errors/registrar-error.ts';
import type { InitialAccess } from '../shared/registration/initial-access-token.ts';
import type { core } from './toolkit.ts';

export const COMMANDS = ['apply', 'plan', 'rotate', 'retire', 'delete', 'adopt', 'resolve', 'sweep', 'doctor'] as const;
export type Command = (typeof COMMANDS)[number];

/** Everything a person can say to this step, read once and checked for form. */
export type Inputs = {
  readonly command: Command;
  readonly manifest: string;
  readonly clients: readonly string[];
  readonly server?: string;
  readonly type?: string;
  readonly redirectUris: readonly string[];
  readonly scope?: string;
  readonly clientName?: string;
  readonly ttl?: string;
  readonly url?: string;
  readonly values: Readonly<Record<string, string>>;
  readonly environment?: string;
  /** Address of the Worker that keeps the registrations; without it this job does. */
  readonly workerUrl?: string;
  readonly audience?: string;
  readonly pullRequest?: string;
  readonly branch?: string;
  readonly initialAccess?: InitialAccess;
  readonly softwareStatement?: string;
  readonly strict: boolean;
  readonly verify: boolean;
  readonly exportEnv: boolean;
  readonly ifUnavailable: 'fail' | 'skip';
  readonly insecureLoopback: boolean;
  readonly githubToken?: string;
  readonly stateKey?: string;
  readonly secretsToken?: string;
  readonly secretPrefix?: string;
  readonly prune: boolean;
  readonly now: boolean;
  readonly probe: boolean;
  readonly clientId?: string;
  readonly keyId?: string;
  readonly clientSecret?: string;
  readonly registrationAccessToken?: string;
  readonly registrationClientUri?: string;
  readonly resolution?: 'forget' | 'adopt';
};

export const DEFAULT_MANIFEST = '.github/oauth-clients.yml';

/** Reads all inputs; throws `input_invalid` with the input's name and what it takes. */
export function readInputs(read: typeof core.getInput): Inputs {
  const text = (name: string): string | undefined => read(name) || undefined;
  const choice = <T extends string>(name: string, allowed: readonly T[], fallback: T): T => {
    const value = text(name) ?? fallback;
    const found = allowed.find((candidate) => candidate === value);
    return found ?? invalid(name, `is "${value}"`, `Use one of ${allowed.join(', ')}.`);
  };
  const flag = (name: string, fallback: boolean): boolean => {
    const value = text(name)?.toLowerCase();
    if (value === undefined) return fallback;
    if (value === 'true' || value === 'false') return value === 'true';
    return invalid(name, `is "${value}"`, 'Use true or false.');
  };
  const optional = <K extends keyof Inputs>(key: K, value: Inputs[K] | undefined) =>
    (value === undefined ? {} : { [key]: value }) as { [P in K]?: Inputs[K] };

  return {
    command: choice('command', COMMANDS, 'apply'),
    manifest: text('manifest') ?? DEFAULT_MANIFEST,
    clients: words(text('clients')),
    redirectUris: words(text('redirect-uris')),
    values: keyValues(text('values')),
    strict: flag('strict', false),
    verify: flag('verify', true),
    exportEnv: flag('export-env', false),
    ifUnavailable: choice('if-unavailable', ['fail', 'skip'], 'fail'),
    insecureLoopback: flag('insecure-loopback', false),
    ...optional('server', text('server')),
    ...optional('type', text('type')),
    ...optional('scope', text('scope')),
    ...optional('clientName', text('client-name')),
    ...optional('ttl', text('ttl')),
    ...optional('url', text('url')),
    ...optional('environment', text('environment')),
    ...optional('workerUrl', text('worker-url')),
    ...optional('audience', text('audience')),
    ...optional('pullRequest', text('pull-request')),
    ...optional('branch', text('branch')),
    ...optional('initialAccess', readInitialAccess(text('initial-access-token'))),
    ...optional('softwareStatement', text('software-statement')),
    prune: flag('prune', false),
    now: flag('now', false),
    probe: flag('probe', false),
    ...optional('githubToken', text('github-token')),
    ...optional('stateKey', text('state-key')),
    ...optional('secretsToken', text('secrets-token')),
    ...optional('secretPrefix', text('secret-prefix')),
    ...optional('clientId', text('client-id')),
    ...optional('keyId', text('key-id')),
    ...optional('clientSecret', text('client-secret')),
    ...optional('registrationAccessToken', text('registration-access-token')),
    ...optional('registrationClientUri', text('registration-client-uri')),
    ...optional(
      'resolution',
      text('resolution') === undefined
        ? undefined
        : choice<'forget' | 'adopt'>('resolution', ['forget', 'adopt'], 'forget'),
    ),
  };
}

/** Secrets among the inputs, to be masked before anything else happens. */
export function secretInputs(inputs: Inputs): readonly string[] {
  const { initialAccess } = inputs;
  const access = initialAccess?.kind === 'token' ? initialAccess.token : initialAccess?.clientSecret;
  return [
    access,
    inputs.softwareStatement,
    inputs.stateKey,
    inputs.secretsToken,
    inputs.clientSecret,
    inputs.registrationAccessToken,
  ].filter((secret) => secret !== undefined);
}

function invalid(name: string, what: string, hint: string): never {
  throw new RegistrarError('input_invalid', { message: `The input ${name} ${what}.`, hint });
}

function words(value: string | undefined): readonly string[] {
  return (value ?? '').split(/[\s,]+/u).filter((word) => word !== '');
}

function keyValues(value: string | undefined): Readonly<Record<string, string>> {
  const lines = (value ?? '').split(/\r?\n/u).filter((line) => line.trim() !== '');
  return Object.fromEntries(
    lines.map((line, index): [string, string] => {
      const cut = line.indexOf('=');
      const name = line.slice(0, cut).trim();
      if (cut > 0 && /^[A-Za-z_][A-Za-z0-9_]*$/u.test(name)) return [name, line.slice(cut + 1).trim()];
      return invalid(
        'values',
        `has no KEY=value in line ${index + 1}`,
        'Write one KEY=value per line; a key is letters, digits and underscores.',
      );
    }),
  );
}

/** An initial access token, or the JSON of a client that fetches one. Throws `input_invalid`. */
export function readInitialAccess(value: string | undefined): InitialAccess | undefined {
  if (value === undefined) return undefined;
  if (!value.startsWith('{')) {
    if (/^[\x21-\x7e]+$/u.test(value)) return { kind: 'token', token: value };
    return invalid(
      'initial-access-token',
      'has spaces or line breaks in it',
      'Give the token alone, without "Bearer".',
    );
  }
  const fields = parseJson(value);
  const { client_id: clientId, client_secret: clientSecret, scope } = fields;
  if (
    typeof clientId !== 'string' ||
    typeof clientSecret !== 'string' ||
    (scope !== undefined && typeof scope !== 'string')
  ) {
    return invalid(
      'initial-access-token',
      'is a JSON object without what is needed',
      'Give client_id, client_secret and, if needed, scope as strings.',
    );
  }
  return { kind: 'client_credentials', clientId, clientSecret, ...(scope !== undefined && { scope }) };
}

function parseJson(value: string): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(value) as Readonly<Record<string, unknown>>;
  } catch {
    return invalid(
      'initial-access-token',
      'begins with { and is not JSON',
      'Give a token, or a JSON object with client_id, client_secret and scope.',
    );
  }
}
