/** A workflow command as GitHub's runner reads it from a line of output. */
export type WorkflowCommand = {
  readonly name: string;
  readonly properties: Readonly<Record<string, string>>;
  readonly data: string;
};

const KNOWN: ReadonlySet<string> = new Set([
  'add-mask',
  'add-matcher',
  'add-path',
  'debug',
  'echo',
  'endgroup',
  'error',
  'group',
  'notice',
  'remove-matcher',
  'save-state',
  'set-env',
  'set-output',
  'stop-commands',
  'warning',
]);

/** Reads `::name key=value::data` at the start of a line, or `##[name key=value]data` anywhere in it. */
export function parseWorkflowCommand(line: string, also: readonly string[] = []): WorkflowCommand | undefined {
  const known = (name: string): boolean => KNOWN.has(name.toLowerCase()) || also.includes(name);
  return parseCurrent(line.trimStart(), known) ?? parseLegacy(line, known);
}

function parseCurrent(line: string, known: (name: string) => boolean): WorkflowCommand | undefined {
  if (!line.startsWith('::')) return undefined;
  const end = line.indexOf('::', 2);
  if (end < 0) return undefined;
  return command({ head: line.slice(2, end), data: line.slice(end + 2), known, separator: ',', escapes: CURRENT });
}

function parseLegacy(line: string, known: (name: string) => boolean): WorkflowCommand | undefined {
  const start = line.indexOf('##[');
  if (start < 0) return undefined;
  const end = line.indexOf(']', start);
  if (end < 0) return undefined;
  return command({
    head: line.slice(start + 3, end),
    data: line.slice(end + 1),
    known,
    separator: ';',
    escapes: LEGACY,
  });
}

type Escapes = { readonly data: readonly Escape[]; readonly property: readonly Escape[] };
type Escape = readonly [escaped: string, character: string];

const PERCENT: Escape = ['%25', '%'];
const LINES: readonly Escape[] = [
  ['%0D', '\r'],
  ['%0A', '\n'],
];
const CURRENT: Escapes = { data: [...LINES, PERCENT], property: [...LINES, ['%3A', ':'], ['%2C', ','], PERCENT] };
const LEGACY_ESCAPES: readonly Escape[] = [['%3B', ';'], ...LINES, ['%5D', ']'], PERCENT];
const LEGACY: Escapes = { data: LEGACY_ESCAPES, property: LEGACY_ESCAPES };

function command(parts: {
  readonly head: string;
  readonly data: string;
  readonly known: (name: string) => boolean;
  readonly separator: string;
  readonly escapes: Escapes;
}): WorkflowCommand | undefined {
  const space = parts.head.indexOf(' ');
  const name = space < 0 ? parts.head : parts.head.slice(0, space);
  if (!parts.known(name)) return undefined;
  const properties: Record<string, string> = {};
  for (const pair of space < 0
    ? []
    : parts.head
        .slice(space + 1)
        .trim()
        .split(parts.separator)) {
    const at = pair.indexOf('=');
    if (at > 0) properties[pair.slice(0, at)] = restore(pair.slice(at + 1), parts.escapes.property);
  }
  return { name: name.toLowerCase(), properties, data: restore(parts.data, parts.escapes.data) };
}

function restore(text: string, escapes: readonly Escape[]): string {
  return escapes.reduce((result, [escaped, character]) => result.replaceAll(escaped, character), text);
}
