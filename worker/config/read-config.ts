import { type Problem, RegistrarError } from '../../shared/errors/registrar-error.ts';
import { describeProblem } from '../../shared/manifest/problems.ts';
import { type UrlRule, urlProblem } from '../../shared/manifest/url-problem.ts';
import { parseStateKeys, type SealKey } from '../../shared/record/seal.ts';
import type { Config, GitHubApp } from './config.ts';
import { readPolicy } from './read-policy.ts';
import { readSeries } from './read-series.ts';
import { readServers } from './read-servers.ts';

type Env = Readonly<Record<string, unknown>>;
type Report = (problem: Problem) => void;

const GITHUB_API_URL = 'https://api.github.com';
const GITHUB_ISSUER = 'https://token.actions.githubusercontent.com';
/** A shared secret that is shorter could be guessed from one signed message. */
const LEAST_SECRET_CHARACTERS = 16;
/** It is sent as it is, and opens everything. */
const LEAST_TOKEN_CHARACTERS = 32;
const PEM = /^-----BEGIN ((?:RSA )?PRIVATE KEY)-----\n[A-Za-z0-9+/=\n]+\n-----END \1-----$/;

/**
 * The settings of the Worker, read from its bindings and checked. The one reader of `env`.
 *
 * Rejects with a RegistrarError `config_invalid` that carries every problem; no value is in it, since it can be a secret.
 */
export async function readConfig(env: Env): Promise<Config> {
  const problems: Problem[] = [];
  const report: Report = (problem) => void problems.push(problem);
  const insecureLoopback = flag(env, 'INSECURE_LOOPBACK', report);
  const address = (name: string, rule: UrlRule, standard?: string) =>
    readAddress({ name, text: text(env, name, report) ?? standard, rule, insecureLoopback, report });
  const app = readApp(env, report);
  const webhookSecret = secret(env, 'GH_WEBHOOK_SECRET', LEAST_SECRET_CHARACTERS, report);
  const deployWebhookSecret = secret(env, 'DEPLOY_WEBHOOK_SECRET', LEAST_SECRET_CHARACTERS, report);
  const operatorToken = secret(env, 'OPERATOR_TOKEN', LEAST_TOKEN_CHARACTERS, report);
  const config: Config = {
    keys: await readKeys(text(env, 'ENCRYPTION_KEYS', report), report),
    servers: readServers(readSeries(env, 'SERVERS', report), insecureLoopback, report),
    policy: readPolicy(readSeries(env, 'POLICY', report), report),
    publicUrl: address('PUBLIC_URL', 'origin'),
    ...(app && { app }),
    ...(webhookSecret !== undefined && { webhookSecret }),
    ...(deployWebhookSecret !== undefined && { deployWebhookSecret }),
    ...(operatorToken !== undefined && { operatorToken }),
    githubApiUrl: address('GH_API_URL', 'server', GITHUB_API_URL),
    issuers: readIssuers(text(env, 'GH_OIDC_ISSUERS', report), insecureLoopback, report),
    insecureLoopback,
  };
  const [first] = problems;
  if (first === undefined) return config;
  const rest = problems.length === 1 ? '' : ` (and ${problems.length - 1} more)`;
  throw new RegistrarError('config_invalid', {
    message: `The settings of the Worker cannot be used: ${describeProblem(first)}${rest}.`,
    problems,
  });
}

function text(env: Env, name: string, report: Report): string | undefined {
  const value = env[name];
  if (value === undefined) return undefined;
  if (typeof value === 'string') return value.trim() === '' ? undefined : value.trim();
  if (typeof value === 'number') return String(value);
  report({ path: name, message: 'is not text' });
  return undefined;
}

function flag(env: Env, name: string, report: Report): boolean {
  const value = typeof env[name] === 'boolean' ? String(env[name]) : text(env, name, report);
  if (value !== undefined && value !== 'true' && value !== 'false') {
    report({ path: name, message: 'cannot be used', expected: 'true or false' });
  }
  return value === 'true';
}

function secret(env: Env, name: string, least: number, report: Report): string | undefined {
  const value = text(env, name, report);
  if (value === undefined) return undefined;
  if (/[^\x21-\x7e]/.test(value)) {
    report({ path: name, message: 'has a space, a line break or a special character', expected: 'one line without' });
  } else if (value.length < least) {
    report({
      path: name,
      message: 'is too short',
      expected: `at least ${least} characters; openssl rand -hex 32 makes one`,
    });
  }
  return value;
}

function readAddress({
  name,
  text,
  rule,
  insecureLoopback,
  report,
}: {
  readonly name: string;
  readonly text: string | undefined;
  readonly rule: UrlRule;
  readonly insecureLoopback: boolean;
  readonly report: Report;
}): string {
  if (text === undefined) {
    report({ path: name, message: 'is missing', expected: 'https://…' });
    return '';
  }
  const fault = urlProblem(text, rule, insecureLoopback);
  if (fault !== undefined) report({ path: name, ...fault });
  return text.replace(/\/$/u, '');
}

async function readKeys(text: string | undefined, report: Report): Promise<readonly SealKey[]> {
  const written = (text ?? '').split(/[\s,]+/u).filter((key) => key !== '');
  if (written.length === 0) {
    const expected = '32 random bytes; openssl rand -base64 32 makes a key';
    report({ path: 'ENCRYPTION_KEYS', message: 'is missing', expected });
  }
  const read = written.map((key, index) =>
    parseStateKeys(key).catch((error: Error) => {
      const reason = error.message.replace(/^.*?: (.*)\.$/u, '$1');
      const expected = '32 random bytes in base64 or hex';
      report({ path: `ENCRYPTION_KEYS[${index}]`, message: `is no key: ${reason}`, expected });
      return [];
    }),
  );
  return (await Promise.all(read)).flat();
}

function readIssuers(text: string | undefined, insecureLoopback: boolean, report: Report): readonly string[] {
  const issuers = (text ?? GITHUB_ISSUER).split(/[\s,]+/u).filter((issuer) => issuer !== '');
  for (const [index, issuer] of issuers.entries()) {
    const fault = urlProblem(issuer, 'server', insecureLoopback);
    if (fault !== undefined) report({ path: `GH_OIDC_ISSUERS[${index}]`, ...fault });
  }
  return issuers;
}

function readApp(env: Env, report: Report): GitHubApp | undefined {
  const id = text(env, 'GH_APP_ID', report);
  // Tools that keep a secret on one line write its line breaks as \n.
  const privateKey = text(env, 'GH_APP_PRIVATE_KEY', report)?.replaceAll('\\n', '\n').replaceAll('\r', '').trim();
  if (id === undefined && privateKey === undefined) return undefined;
  if (id === undefined || privateKey === undefined) {
    const [missing, there] =
      id === undefined ? ['GH_APP_ID', 'GH_APP_PRIVATE_KEY'] : ['GH_APP_PRIVATE_KEY', 'GH_APP_ID'];
    report({ path: String(missing), message: 'is missing', expected: `it, because ${there} is given; or neither` });
    return undefined;
  }
  if (!/^[A-Za-z0-9.]+$/u.test(id)) {
    report({ path: 'GH_APP_ID', message: 'is no id of a GitHub App', expected: 'the number on the page of the App' });
  }
  if (!PEM.test(privateKey)) {
    report({
      path: 'GH_APP_PRIVATE_KEY',
      message: 'is no private key',
      expected: 'the whole .pem file that GitHub hands out',
    });
  }
  return { id, privateKey };
}
