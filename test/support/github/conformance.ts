import { BASIC_ERROR, operationOf, type Schema } from './fragments.ts';
import type { Reply } from './reply.ts';
import { problemsOf } from './shapes.ts';

/** What the description leaves out of a route's statuses, because it is the same for all or a matter of limits. */
const UNDOCUMENTED: Readonly<Record<number, string>> = {
  400: 'a body that is not JSON, or an API version that does not exist',
  401: 'a token that is nobody’s',
  403: 'a token that may not, or a rate limit',
  404: 'nothing there, or nothing that this token may know of',
  422: 'a request that is not valid',
  429: 'a secondary rate limit',
};

/** Statuses that were seen of single routes and are not described. */
const SEEN: Readonly<Record<string, readonly number[]>> = {
  // The name is taken.
  'POST /repos/{owner}/{repo}/actions/variables': [409],
  'POST /repos/{owner}/{repo}/environments/{environment_name}/variables': [409],
};

/** What GitHub answers although its description says otherwise. */
const KNOWN_OTHERWISE: readonly RegExp[] = [
  // Every error says its status; the description has it in some shapes of errors only.
  /^it: Unrecognized key: "status"$/u,
  // The fork of a pull request is gone.
  /^(?:\d+\.)?head\.repo: .*received null$/u,
];

type Asked = { readonly method: string; readonly template: string };

/** What GitHub's description does not allow in a request. GraphQL is described elsewhere. */
export function requestProblems(
  { method, template }: Asked,
  { query, body, hasBody }: { readonly query: URLSearchParams; readonly body: unknown; readonly hasBody: boolean },
): { readonly query: readonly string[]; readonly body: readonly string[] } {
  const operation = operationOf(method, template);
  if (operation === undefined) return { query: [], body: [] };
  const known = new Map(operation.parameters.filter((one) => one.in === 'query').map((one) => [one.name, one.schema]));
  const inQuery = [...query].flatMap(([name, value]) => {
    const schema = known.get(name);
    return schema === undefined
      ? [`${name}: no such parameter`]
      : named(name, problemsOf(schema, typed(schema, value)));
  });
  if (operation.body === undefined) {
    // Some clients send an empty object where there is nothing to say.
    const empty = typeof body === 'object' && body !== null && Object.keys(body).length === 0;
    return { query: inQuery, body: hasBody && !empty ? ['it: no body is taken'] : [] };
  }
  const missing = !hasBody && operation.bodyRequired === true;
  const inBody = hasBody ? problemsOf(operation.body, body) : [];
  return { query: inQuery, body: missing ? ['it: a body is needed'] : inBody };
}

/** What GitHub's description does not allow in an answer. */
export function answerProblems({ method, template }: Asked, { status, body, raw }: Reply): readonly string[] {
  const operation = operationOf(method, template);
  if (operation === undefined) return [];
  const described = operation.responses[String(status)];
  if (described === undefined) {
    const known = status in UNDOCUMENTED || SEEN[`${method} ${template}`]?.includes(status) === true;
    return known ? problemsOf(BASIC_ERROR, body) : [`status ${status} is not among those of this route`];
  }
  // As it is stored, whatever it is.
  if (raw !== undefined) return [];
  // A redirect is answered by its header.
  if (described === null || (status >= 300 && status < 400)) {
    return body === undefined ? [] : [`an answer with status ${status} has no body`];
  }
  return problemsOf(described, body).filter((problem) => !KNOWN_OTHERWISE.some((known) => known.test(problem)));
}

/** The schema of what a successful answer has in it; undefined where there is none. */
export const answerSchema = ({ method, template }: Asked, status: number): Schema | undefined =>
  (status < 300 ? operationOf(method, template)?.responses[String(status)] : undefined) ?? undefined;

const named = (name: string, problems: readonly string[]) => problems.map((one) => one.replace(/^it:/u, `${name}:`));

/** A query's text as what it stands for. */
function typed({ type }: Schema, text: string): unknown {
  if (type === 'integer' && /^-?\d+$/u.test(text)) return Number(text);
  return type === 'boolean' && /^(?:true|false)$/u.test(text) ? text === 'true' : text;
}
