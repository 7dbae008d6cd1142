import { showUrl } from '../errors/printable.ts';
import { isRegistrarError, RegistrarError } from '../errors/registrar-error.ts';
import type { Http } from '../http/http.ts';
import { type Finding, findingInWords } from './finding.ts';
import { readPlace } from './read-place.ts';
import type { TrailEntry } from './server.ts';
import type { DocumentPlace } from './well-known-urls.ts';

/** What has been read of a server so far. */
export type Survey = {
  readonly findings: readonly Finding[];
  readonly failures: readonly RegistrarError[];
  readonly trail: readonly TrailEntry[];
  /** Origins that are not worth another request. */
  readonly silent: ReadonlySet<string>;
};

/** After one of these, further documents of the same origin would only cost time. */
const SILENCING = new Set(['url_insecure', 'server_unreachable', 'server_no_answer', 'rate_limited']);

/**
 * Reads one more document and adds what came of it. A failure is kept, not thrown.
 *
 * Rejects with `endpoint_conflict` when the document names a registration endpoint of another origin than a document
 * read before it.
 */
export async function lookAt(place: DocumentPlace, address: string, survey: Survey, http: Http): Promise<Survey> {
  const { origin } = new URL(place.url);
  if (survey.silent.has(origin)) return survey;
  try {
    const finding = await readPlace(place, address, http);
    const findings = [...survey.findings, finding];
    refuseConflict(findings);
    return { ...survey, findings, trail: [...survey.trail, entry(place, findingInWords(finding))] };
  } catch (error) {
    if (!isRegistrarError(error) || error.code === 'endpoint_conflict') throw error;
    const failures = [...survey.failures, error];
    return {
      ...survey,
      failures,
      trail: [...survey.trail, entry(place, withoutAddress(error))],
      silent: isSilent(error, survey) ? new Set([...survey.silent, origin]) : survey.silent,
    };
  }
}

/** A server whose first two answers are errors of its own is not asked for the rest. */
function isSilent(error: RegistrarError, { findings, failures }: Survey): boolean {
  if (SILENCING.has(error.code)) return true;
  const before = failures.at(-1);
  return (
    error.code === 'server_error' &&
    failures.length === 1 &&
    before?.code === 'server_error' &&
    findings.every(({ source }) => source.kind === 'manifest')
  );
}

/** What a person wrote in the manifest settles a conflict and so takes no part in one. */
function refuseConflict(findings: readonly Finding[]): void {
  const named = findings.flatMap(({ source, registrations }) => {
    const document = source.url;
    return document === undefined ? [] : registrations.map((url) => ({ url, document: showUrl(document) }));
  });
  const [first] = named;
  const other = named.find(({ url }) => first !== undefined && new URL(url).origin !== new URL(first.url).origin);
  if (first === undefined || other === undefined) return;
  throw new RegistrarError('endpoint_conflict', {
    message: `${first.document} names the registration endpoint ${showUrl(first.url)}, but ${other.document} names ${showUrl(other.url)}`,
    server: new URL(first.document).origin,
  });
}

/** A document in the trail. */
export function entry({ url }: DocumentPlace, outcome: string): TrailEntry {
  return { url: showUrl(url), outcome };
}

function withoutAddress({ message, server }: RegistrarError): string {
  return server !== undefined && message.startsWith(`${server} `) ? message.slice(server.length + 1) : message;
}
