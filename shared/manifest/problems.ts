import { printable } from '../errors/printable.ts';
import { type Problem, RegistrarError } from '../errors/registrar-error.ts';

/** Where something is inside a document: member names and array indexes. */
export type Path = readonly (string | number)[];

/** Something noticed about a value. `template` and `publish` have error codes of their own when nothing else is wrong. */
export type Finding = {
  readonly at: Path;
  readonly message: string;
  readonly expected?: string;
  readonly kind?: 'template' | 'publish';
  /** A warning does not stop anything. */
  readonly warning?: true;
};

/** What is wrong with one value, not yet tied to a place. */
export type Fault = { readonly message: string; readonly expected?: string };

/** Says in which document, and on which line, a path is. */
export type Locate = (at: Path) => Pick<Problem, 'path' | 'line'>;

/** A finding with its place in words; `kind` and `warning` are kept to choose the error code. */
export type LocatedFinding = { readonly problem: Problem; readonly kind: Finding['kind']; readonly warning: boolean };

const SHOWN_VALUE_LIMIT = 80;

/** A value as it may appear in a message: quoted, printable and short. */
export function quoted(text: string): string {
  return `"${printable(text, SHOWN_VALUE_LIMIT)}"`;
}

/** `clients.web.metadata.redirect_uris[0]`; a member name with unusual characters is put in brackets and quotes. */
export function showPath(path: Path): string {
  return path
    .map((part, index) => {
      if (typeof part === 'number') return `[${part}]`;
      if (!/^[\w#$*-]{1,100}$/u.test(part)) return `[${quoted(part)}]`;
      return index === 0 ? part : `.${part}`;
    })
    .join('');
}

/** Ties findings to their place in what the person wrote. */
export function locateFindings(findings: readonly Finding[], locate: Locate): readonly LocatedFinding[] {
  return findings.map((finding) => ({
    problem: {
      ...locate(finding.at),
      message: finding.message,
      ...(finding.expected === undefined ? {} : { expected: finding.expected }),
    },
    kind: finding.kind,
    warning: finding.warning === true,
  }));
}

/** One problem on one line: `file:12: clients.web.type: "pubic" is not known; expected one of public, confidential, backend`. */
export function describeProblem(problem: Problem, file?: string): string {
  const line =
    problem.line === undefined ? [] : [file === undefined ? `line ${problem.line}` : `${file}:${problem.line}`];
  const place = line.length === 0 && file !== undefined ? [file] : line;
  const path = problem.path === '' ? [] : [problem.path];
  const text = problem.expected === undefined ? problem.message : `${problem.message}; expected ${problem.expected}`;
  return printable([...place, ...path, text].join(': '), 600);
}

/**
 * Throws one RegistrarError that carries every problem, in the order of the document, if there is any that is not a
 * warning. Its code is `template_invalid` or `publish_conflict` when all problems are of that kind, otherwise `code`.
 */
export function throwProblems(
  found: readonly LocatedFinding[],
  { code, where }: { readonly code: 'manifest_invalid' | 'input_invalid'; readonly where: string },
): void {
  const errors = found.filter((finding) => !finding.warning);
  const problems = errors.map((finding) => finding.problem).sort((one, other) => (one.line ?? 0) - (other.line ?? 0));
  const [first] = problems;
  if (first === undefined) return;
  const all = (kind: Finding['kind']) => errors.every((finding) => finding.kind === kind);
  const named = all('template') ? 'template_invalid' : all('publish') ? 'publish_conflict' : code;
  const rest = problems.length === 1 ? '' : ` (and ${problems.length - 1} more)`;
  throw new RegistrarError(named, {
    message: `${printable(where)} cannot be used: ${describeProblem(first)}${rest}.`,
    problems,
  });
}
