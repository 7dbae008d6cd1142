import type { Fault } from './problems.ts';
import { quoted } from './problems.ts';

/** What templates can name in one run; absent ones have no value in this run. */
export type TemplateContext = {
  readonly environment: string;
  readonly pull_request?: string;
  readonly branch?: string;
  readonly sha?: string;
  readonly repository?: string;
  /** Where the deployed app is: an https origin, with a path if it has one. */
  readonly url?: string;
  /** The names a workflow defines itself. */
  readonly values: Readonly<Record<string, string>>;
};

/** A text cut into literal pieces and the names between them. */
export type Piece =
  | { readonly kind: 'literal'; readonly text: string }
  | { readonly kind: 'name'; readonly name: string };

export type Filled =
  | { readonly kind: 'filled'; readonly text: string }
  | { readonly kind: 'fault'; readonly fault: Fault };

export const TEMPLATE_NAMES = ['environment', 'pull_request', 'branch', 'sha', 'repository', 'url'] as const;

const WHERE_VALUES_COME_FROM: Readonly<Record<(typeof TEMPLATE_NAMES)[number], string>> = {
  environment: 'the `environment` input',
  pull_request: 'the `pull-request` input, or a run for a pull request',
  branch: 'the `branch` input, or a run on a branch',
  sha: 'a run that knows its commit',
  repository: 'a run that knows its repository',
  url: 'the `url` input',
};

const isTemplateName = (name: string): name is (typeof TEMPLATE_NAMES)[number] =>
  (TEMPLATE_NAMES as readonly string[]).includes(name);

/** Cuts a text at each `${name}`; `$${` is a literal `${`. */
export function cutTemplate(text: string): readonly Piece[] | Fault {
  const pieces: Piece[] = [];
  let literal = '';
  let rest = text;
  for (;;) {
    const start = rest.search(/\$\$\{|\$\{/u);
    if (start === -1) break;
    literal += rest.slice(0, start);
    if (rest.startsWith('$${', start)) {
      literal += '${';
      rest = rest.slice(start + 3);
      continue;
    }
    const end = rest.indexOf('}', start);
    if (end === -1) return { message: 'has a ${ that is never closed', expected: '${name}, or $${ for a literal ${' };
    if (literal !== '') pieces.push({ kind: 'literal', text: literal });
    pieces.push({ kind: 'name', name: rest.slice(start + 2, end).trim() });
    literal = '';
    rest = rest.slice(end + 1);
  }
  literal += rest;
  return literal === '' ? pieces : [...pieces, { kind: 'literal', text: literal }];
}

/** The value of a template name in this run, or a fault that lists the names there are. */
export function templateValue(name: string, context: TemplateContext): Filled {
  const own = Object.hasOwn(context.values, name) ? context.values[name] : undefined;
  const text = isTemplateName(name) ? context[name] : own;
  if (text !== undefined && text !== '') return { kind: 'filled', text };
  if (isTemplateName(name) || own !== undefined) {
    const source = isTemplateName(name) ? WHERE_VALUES_COME_FROM[name] : `a value for ${name} in the \`values\` input`;
    return { kind: 'fault', fault: { message: `uses \${${name}}, which has no value in this run`, expected: source } };
  }
  const known = [...TEMPLATE_NAMES, ...Object.keys(context.values)].join(', ');
  return {
    kind: 'fault',
    fault: { message: `uses the unknown template name ${quoted(name)}`, expected: `one of ${known}` },
  };
}

/** Fills a template whose result is plain text, such as a client's name. */
export function fillText(text: string, context: TemplateContext): Filled {
  const pieces = cutTemplate(text);
  if ('message' in pieces) return { kind: 'fault', fault: pieces };
  let result = '';
  for (const piece of pieces) {
    const value: Filled =
      piece.kind === 'literal' ? { kind: 'filled', text: piece.text } : templateValue(piece.name, context);
    if (value.kind === 'fault') return value;
    result += value.text;
  }
  return { kind: 'filled', text: result };
}
