import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';

/** What a runner reads of an action.yml. */
export type ActionDefinition = {
  /** Defaults by input name, unevaluated. */
  readonly inputs: ReadonlyMap<string, string | undefined>;
  readonly outputs: readonly string[];
  /** Absolute paths. */
  readonly main: string;
  readonly post?: string;
};

type Document = {
  readonly inputs?: Readonly<Record<string, { readonly default?: string | number | boolean } | null>>;
  readonly outputs?: Readonly<Record<string, unknown>>;
  readonly runs?: {
    readonly using?: string;
    readonly main?: string;
    readonly post?: string;
    readonly 'post-if'?: string;
  };
};

export async function readActionDefinition(directory: string): Promise<ActionDefinition> {
  const document = parse(await readFile(join(directory, 'action.yml'), 'utf8')) as Document;
  const { using, main, post, 'post-if': postIf } = document.runs ?? {};
  if (using !== 'node24' || main === undefined) throw new TypeError('not a node24 action with runs.main');
  if (postIf !== undefined && postIf !== 'always()') throw new TypeError(`post-if ${postIf} is not supported here`);
  const inputs = Object.entries(document.inputs ?? {}).map(
    ([name, input]) => [name, input?.default === undefined ? undefined : String(input.default)] as const,
  );
  return {
    inputs: new Map(inputs),
    outputs: Object.keys(document.outputs ?? {}),
    main: join(directory, main),
    ...(post === undefined ? {} : { post: join(directory, post) }),
  };
}

/** Evaluates `${{ github.token }}` and its like in a default; throws on any other expression. */
export function evaluateDefault(text: string, github: Readonly<Record<string, string>>): string {
  return text.replace(/\$\{\{\s*(.*?)\s*\}\}/g, (whole, expression: string) => {
    const [, name = ''] = /^github\.(\w+)$/.exec(expression) ?? [];
    const value = github[name];
    if (value === undefined) throw new TypeError(`the expression ${whole} is not supported here`);
    return value;
  });
}
