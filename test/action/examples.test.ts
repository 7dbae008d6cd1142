import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { readInputs } from '../../action/inputs.ts';
import { readActionDefinition } from '../support/action-definition.ts';
import { ROOT } from './support/built-action.ts';

type Step = { readonly id?: string; readonly uses?: string; readonly with?: Readonly<Record<string, unknown>> };
type Workflow = { readonly jobs?: Readonly<Record<string, { readonly steps?: readonly Step[] }>> };

const files = (await readdir(join(ROOT, 'examples'))).filter((file) => /\.ya?ml$/u.test(file));
const definition = await readActionDefinition(ROOT);

const isOurs = ({ uses = '' }: Step): boolean => /(?:^|\/)oauth-registrar@|^\.\/?$/u.test(uses);

/** The input as the runner would hand it in; an expression stands for something that only a run knows. */
function given({ with: inputs = {} }: Step): (name: string) => string {
  return (name) => {
    const value = String(inputs[name] ?? definition.inputs.get(name) ?? '');
    return value.replaceAll(/\$\{\{.*?\}\}/gu, 'expression').trim();
  };
}

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
    for (const step of ours) expect(() => readInputs(given(step))).not.toThrow();
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
