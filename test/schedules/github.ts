import { RegistrarError } from '../../shared/errors/registrar-error.ts';
import type { GitHubRequest } from '../../shared/publish/github-request.ts';
import type { GitHubApp } from '../../worker/github-app/open-github-app.ts';
import type { Network } from './network.ts';
import { openBox } from './stage.ts';

const PUBLIC_KEY = { key_id: '1', key: 'AAAA' };

type Reply = { readonly status: number; readonly data?: unknown };

/** Secrets and variables of one repository and its pull requests, over a network that is moved by hand. */
export function gitHub(network: Network, taken: Readonly<Record<string, string>>) {
  const names = new Map(Object.entries(taken));
  /** When each was written last, in epoch milliseconds; GitHub tells whole seconds. */
  const changed = new Map<string, number>();
  const open = new Set<number | string>();
  const dispatched: unknown[] = [];

  const entryOf = (key: string) => ({
    name: key.slice(key.indexOf(' ') + 1),
    updated_at: new Date(changed.get(key) ?? 0).toISOString(),
  });
  const write = (key: string, text: string): void => {
    names.set(key, text);
    changed.set(key, Math.floor(network.now() / 1_000) * 1_000);
  };

  const list = (kind: string): Reply => {
    const found = [...names.keys()].filter((name) => name.startsWith(`${kind} `));
    const entries = found.map((name) => entryOf(name));
    return { status: 200, data: { total_count: found.length, [`${kind}s`]: entries } };
  };

  const answer = (route: string, parameters: Record<string, unknown>): Reply => {
    const [verb = '', path = ''] = route.split(' ');
    const kind = path.includes('/secrets') ? 'secret' : 'variable';
    if (path.endsWith('/public-key')) return { status: 200, data: PUBLIC_KEY };
    const name = String(parameters.secret_name ?? parameters.name ?? '');
    const key = `${kind} ${name}`;
    if (verb === 'GET') return name === '' ? list(kind) : { status: names.has(key) ? 200 : 404, data: entryOf(key) };
    if (verb === 'DELETE') return { status: names.delete(key) ? 204 : 404 };
    if (verb === 'PUT') {
      const status = names.has(key) ? 204 : 201;
      write(key, openBox(String(parameters.encrypted_value)));
      return { status };
    }
    if (verb === 'POST' && names.has(key)) return { status: 409, data: { message: 'Already exists' } };
    if (verb === 'PATCH' && !names.has(key)) return { status: 404, data: { message: 'Not Found' } };
    write(key, String(parameters.value));
    return { status: verb === 'POST' ? 201 : 204 };
  };

  const request: GitHubRequest = async (route, parameters = {}) => {
    const { status, data } = await network.send<Reply>({
      to: 'github',
      subject: route,
      effect: () => answer(route, parameters),
      failure: { status: 502, data: {} },
    });
    if (status < 300) return { status, data, headers: {} };
    throw Object.assign(new Error(`GitHub answered ${status}`), { status, response: { status, headers: {}, data } });
  };

  const ask = <T>(subject: string, effect: () => T): Promise<T> =>
    network.send<T>({ to: 'github', subject, effect }).catch((cause: unknown) => {
      throw new RegistrarError('github_failed', { message: `GitHub did not answer to ${subject}.`, cause });
    });

  const app: GitHubApp = {
    rightsAt: () => ask('rights', () => ({ secrets: 'write', actions_variables: 'write' }) as const),
    forget: () => {},
    requestFor: async () => ({ request, owner: 'acme', repo: 'app', rights: {} }),
    isPullRequestOpen: (_repository, number) => ask('pull request', () => open.has(number)),
    isBranchThere: (_repository, name) => ask('branch', () => open.has(name)),
    dispatch: (_repository, event) => ask('dispatch', () => void dispatched.push(event)),
    redeliverFailed: async () => {
      throw new Error('nobody asks for this here');
    },
  };

  return { app, request, names, changed, open, dispatched };
}
