import {
  isAlias,
  isMap,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument as parseYaml,
  type Scalar,
  visit,
  type YAMLMap,
  type Document as YamlDocument,
} from 'yaml';
import { printable } from '../errors/printable.ts';
import { RegistrarError } from '../errors/registrar-error.ts';
import type { Json } from '../ports/ports.ts';
import { type Finding, type Locate, locateFindings, type Path, quoted, showPath, throwProblems } from './problems.ts';
import { refuseHostileText } from './refuse-hostile-text.ts';

/** Deeper than any client metadata is nested. */
const DEEPEST = 40;
/** What repeated anchors may add up to; without a limit ten short lines expand to gigabytes. */
const MOST_ALIASES = 100;
const MOST_SHOWN_ERRORS = 20;

/** A parsed document that still knows where each value was written. */
export type ManifestDocument = {
  readonly value: Json;
  /** Line (from 1) and character offset of the innermost existing part of a path; undefined in an empty document. */
  readonly positionOf: (at: Path) => { readonly line: number; readonly offset: number } | undefined;
  /** The path and line of something, for messages. */
  readonly locate: Locate;
};

type SyntaxError = { readonly line?: number; readonly message: string };

function unreadable(path: string, found: readonly SyntaxError[]): RegistrarError {
  const problems = found.slice(0, MOST_SHOWN_ERRORS).map((problem) => ({ path: '', ...problem }));
  const lines = problems.map(({ line, message }) => (line === undefined ? message : `line ${line}: ${message}`));
  return new RegistrarError('manifest_unreadable', {
    message: `${printable(path)} is neither valid YAML nor valid JSON: ${lines[0]}.`,
    problems,
  });
}

// The parser's own check compares every key with every other one, which takes minutes for a hostile file.
function duplicateKeys(yaml: YamlDocument, lines: LineCounter): readonly SyntaxError[] {
  const found: SyntaxError[] = [];
  visit(yaml, {
    Map(_, map) {
      const seen = new Set<string>();
      for (const { key } of map.items) {
        const name = String((key as Scalar).value);
        if (seen.has(name)) {
          found.push({ line: lineAt(lines, key), message: `the key ${quoted(name)} is written twice` });
        }
        seen.add(name);
      }
    },
  });
  return found;
}

const offsetOf = (node: unknown): number => Number((node as Node).range?.[0]);
const lineAt = (lines: LineCounter, node: unknown): number => lines.linePos(offsetOf(node)).line;

/** The node under one member or index, through aliases and merge keys, with the offset where it is written. */
function child(
  yaml: YamlDocument,
  parent: unknown,
  part: string | number,
): { readonly node: unknown; readonly offset: number } | undefined {
  const node = isAlias(parent) ? parent.resolve(yaml) : parent;
  if (isSeq(node)) {
    const item = node.items[Number(part)];
    return item === undefined ? undefined : { node: item, offset: offsetOf(item) };
  }
  if (!isMap(node)) return undefined;
  const pairs = pairsOf(node);
  const own = pairs.get(part);
  if (own !== undefined) return { node: own.value, offset: offsetOf(own.key) };
  const merged = pairs.get('<<')?.value;
  for (const source of isSeq(merged) ? merged.items : [merged]) {
    const found = child(yaml, source, part);
    if (found !== undefined) return found;
  }
  return undefined;
}

const pairsByName = new WeakMap<YAMLMap, ReadonlyMap<unknown, Pair>>();

/** The pairs of a map by name; kept, because a hostile file has thousands of places to locate. */
function pairsOf(map: YAMLMap): ReadonlyMap<unknown, Pair> {
  const known = pairsByName.get(map);
  if (known !== undefined) return known;
  const pairs = new Map(map.items.map((pair) => [(pair.key as Scalar).value, pair]));
  pairsByName.set(map, pairs);
  return pairs;
}

/** What JSON cannot hold, or what must not be held: each is a finding. */
function unusableValues(value: unknown, at: Path, inside: readonly unknown[] = []): readonly Finding[] {
  if (inside.includes(value)) return [{ at, message: 'contains itself' }];
  if (at.length > DEEPEST) return [{ at: at.slice(0, 6), message: `is nested deeper than ${DEEPEST} levels` }];
  if (typeof value === 'number' && !Number.isFinite(value)) {
    return [{ at, message: 'is not a number that JSON can hold', expected: 'a finite number' }];
  }
  if (typeof value !== 'object' || value === null) return [];
  const around = [...inside, value];
  if (Array.isArray(value)) return value.flatMap((item, index) => unusableValues(item, [...at, index], around));
  return Object.entries(value).flatMap(([name, member]) =>
    name === '__proto__'
      ? [{ at: [...at, name], message: 'is a name that is never accepted', expected: 'another name' }]
      : unusableValues(member, [...at, name], around),
  );
}

function parse(
  text: string,
  path: string,
  lines: LineCounter,
): { readonly yaml: YamlDocument; readonly value: unknown } {
  const yaml: YamlDocument = parseYaml(text, {
    schema: 'core',
    merge: true,
    stringKeys: true,
    uniqueKeys: false,
    resolveKnownTags: false,
    prettyErrors: false,
    lineCounter: lines,
  });
  const errors: readonly SyntaxError[] = [...yaml.errors, ...yaml.warnings].map((error) => ({
    line: lines.linePos(error.pos[0]).line,
    message: printable(error.message),
  }));
  const all = errors.length > 0 ? errors : duplicateKeys(yaml, lines);
  if (all.length > 0) throw unreadable(path, all);
  try {
    return { yaml, value: yaml.toJS({ maxAliasCount: MOST_ALIASES }) };
  } catch (error) {
    throw unreadable(path, [{ message: `its anchors cannot be expanded (${printable(String(error))})` }]);
  }
}

/**
 * Reads YAML 1.2 (and JSON, which is a part of it) into plain JSON values.
 *
 * Throws `manifest_unreadable` with lines for syntax errors, duplicate keys, tags, more than one document, more than
 * 256 KiB, nesting without end and anchors that expand too far; `manifest_invalid` for `__proto__`, `.nan` and excessive
 * nesting.
 */
export function parseDocument(text: string, path: string): ManifestDocument {
  const hostile = refuseHostileText(text);
  if (hostile !== undefined) throw unreadable(path, [{ message: hostile }]);
  const lines = new LineCounter();
  const { yaml, value } = parse(text, path, lines);
  const positionOf = (at: Path) => {
    if (yaml.contents === null) return undefined;
    let node: unknown = yaml.contents;
    let offset = offsetOf(node);
    for (const part of at) {
      const found = child(yaml, node, part);
      if (found === undefined) break;
      node = found.node;
      offset = found.offset;
    }
    return { line: lines.linePos(offset).line, offset };
  };
  const locate: Locate = (at) => {
    const line = positionOf(at)?.line;
    return { path: showPath(at), ...(line === undefined ? {} : { line }) };
  };
  throwProblems(locateFindings(unusableValues(value, []), locate), { code: 'manifest_invalid', where: path });
  return { value: value as Json, positionOf, locate };
}
