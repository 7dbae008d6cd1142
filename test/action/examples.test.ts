import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { readInputs } from '../../action/inputs.ts';
import { readManifest } from '../../shared/manifest/read-manifest.ts';
import { readActionDefinition } from '../support/action-definition.ts';
import { ROOT } from './support/built-action.ts';

type Step = { readonly id?: string; readonly uses?: string; readonly with?: Readonly<Record<string, unknown>> };
type Question = { readonly options?: readonly string[]; readonly default?: unknown };
type Asked = Readonly<Record<string, Question>>;
type Workflow = {
  readonly on?: { readonly workflow_dispatch?: { readonly inputs?: Asked } };
  readonly jobs?: Readonly<Record<string, { readonly steps?: readonly Step[] }>>;
};

/** Not a workflow, but the manifest of two of them. */
const MANIFEST = 'oauth-clients.yml';

const files = (await readdir(join(ROOT, 'examples'))).filter((file) => /\.ya?ml$/u.test(file) && file !== MANIFEST);
const definition = await readActionDefinition(ROOT);

const isOurs = ({ uses = '' }: Step): boolean => /(?:^|\/)oauth-registrar@|^\.\/?$/u.test(uses);

/**
 * The input as the runner would hand it in: what a person typed or chose when the workflow was started by hand (the
 * first of a choice, the default), and something for every other expression, which only a run knows.
 */
function given({ with: inputs = {} }: Step, asked: Asked): (name: string) => string {
  return (name) => {
    const value = String(inputs[name] ?? definition.inputs.get(name) ?? '');
    return value.replaceAll(/\$\{\{(.*?)\}\}/gu, (_, expression: string) => answer(expression.trim(), asked)).trim();
  };
}

function answer(expression: string, asked: Asked): string {
  const question = expression.startsWith('inputs.') ? asked[expression.slice('inputs.'.length)] : undefined;
  return question === undefined ? 'expression' : String(question.options?.[0] ?? question.default ?? '');
}

it.each(['pr-42', 'production'])('the manifest of the examples can be used in %s', async (environment) => {
  const text = await readFile(join(ROOT, 'examples', MANIFEST), 'utf8');
  const owner = environment === 'pr-42' ? { owner: { kind: 'pull_request', number: 42 } as const } : {};
  const { desired, warnings } = readManifest(
    { text, path: MANIFEST },
    {
      templates: { environment, url: 'https://app.example.org', values: {} },
      overrides: owner,
      insecureLoopback: false,
    },
  );
  expect(warnings).toEqual([]);
  expect(desired.map(({ key, publish }) => [key, publish.length])).toEqual([
    [`${environment}/web`, environment === 'production' ? 1 : 0],
  ]);
});

it('there are examples', () => {
  expect(files).toContain('e2e.yml');
});

describe.each(files)('examples/%s', async (file) => {
  const text = await readFile(join(ROOT, 'examples', file), 'utf8');
  const workflow = parse(text) as Workflow;
  const steps = Object.values(workflow.jobs ?? {}).flatMap((job) => job.steps ?? []);
  const ours = steps.filter(isOurs);

  it('uses this Action, with inputs that it has', () => {
    expect(ours).not.toEqual([]);
    for (const step of ours) {
      expect(Object.keys(step.with ?? {}).filter((name) => !definition.inputs.has(name))).toEqual([]);
    }
  });

  it('gives inputs that are read without an error', () => {
    for (const step of ours)
      expect(() => readInputs(given(step, workflow.on?.workflow_dispatch?.inputs ?? {}))).not.toThrow();
  });

  it('reads only outputs that there are, of steps that there are', () => {
    const used = [...text.matchAll(/steps\.([\w-]+)\.outputs\.([\w-]+)/gu)];
    const ids = new Map(steps.flatMap((step) => (step.id === undefined ? [] : [[step.id, step] as const])));
    for (const [, id = '', output = ''] of used) {
      const step = ids.get(id);
      expect(step, `the step ${id}`).toBeDefined();
      if (step !== undefined && isOurs(step)) expect(definition.outputs).toContain(output);
    }
  });
});
