import type { Call } from '../test/support/github/server.ts';
import { openDistantRepository } from './distant-repository.ts';
import type { Measurement } from './figure.ts';

const SHAPES = [
  { clients: 1, servers: 1 },
  { clients: 20, servers: 4 },
] as const;

const VALUES = /\/actions\/(?:secrets|variables)/u;

const KINDS: readonly { readonly what: string; readonly count: (calls: readonly Call[]) => number }[] = [
  { what: 'state: found and read', count: (calls) => matching(calls, 'GET', /\/git\/|\/contents\//u) },
  { what: 'state: saved (three calls each)', count: (calls) => matching(calls, /POST|PATCH/u, /\/git\//u) },
  { what: 'names that are taken, public key', count: (calls) => matching(calls, 'GET', VALUES) },
  { what: 'probes written and removed', count: (calls) => 2 * matching(calls, 'DELETE', VALUES) },
  {
    what: 'values published',
    count: (calls) => matching(calls, /POST|PUT|PATCH/u, VALUES) - matching(calls, 'DELETE', VALUES),
  },
  { what: 'all', count: (calls) => calls.length },
];

/** How many calls a deploy makes to GitHub, of which a token has 5000 an hour, and the job's own 1000. */
export const githubCalls: Measurement = async () => {
  const columns = await Promise.all(SHAPES.map(countCalls));
  const counts = columns.flat();
  const cell = (text: string | number) => String(text).padStart(16);
  return {
    title: 'Calls to GitHub per deploy; each client publishes a variable and a secret',
    lines: [
      `${''.padEnd(34)}${counts.map(({ name }) => cell(name)).join('')}`,
      ...KINDS.map(({ what, count }) => `${what.padEnd(34)}${counts.map(({ calls }) => cell(count(calls))).join('')}`),
    ],
    figures: [],
  };
};

async function countCalls(shape: (typeof SHAPES)[number]) {
  const repository = await openDistantRepository(shape);
  try {
    const deploy = async (what: string) => {
      const before = repository.github().calls.length;
      await repository.deploy();
      return { name: `${shape.clients} ${what}`, calls: repository.github().calls.slice(before) };
    };
    return [await deploy('new'), await deploy('unchanged')];
  } finally {
    await repository.close();
  }
}

function matching(calls: readonly Call[], method: string | RegExp, template: RegExp): number {
  return calls.filter(
    (call) =>
      (typeof method === 'string' ? method === call.method : method.test(call.method)) && template.test(call.template),
  ).length;
}
