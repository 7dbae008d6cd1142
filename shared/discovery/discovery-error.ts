import type { ErrorCode } from '../errors/catalog.ts';
import { showUrl } from '../errors/printable.ts';
import { RegistrarError } from '../errors/registrar-error.ts';
import type { Survey } from './survey.ts';

/** What to report when nothing was recognised, the most telling first. */
const TELLING: readonly ErrorCode[] = [
  'url_insecure',
  'server_unreachable',
  'server_no_answer',
  'rate_limited',
  'issuer_mismatch',
  'redirect_refused',
  'server_error',
  'answer_too_large',
];
/** What leaves open whether the server names a registration endpoint in a document that could not be read now. */
const PASSING: readonly ErrorCode[] = ['server_unreachable', 'server_no_answer', 'rate_limited'];

/**
 * Why no registration endpoint was found, with every document that was asked for: `registration_unsupported` when the
 * server was recognised, else the most telling of the failures, else `discovery_failed`.
 */
export function discoveryError(address: string, survey: Survey): RegistrarError {
  const found = survey.findings.filter(({ source }) => source.kind !== 'manifest');
  const codes = found.length === 0 ? TELLING : PASSING;
  const failure = codes
    .map((code) => survey.failures.find((candidate) => candidate.code === code))
    .find((candidate) => candidate !== undefined);
  if (failure !== undefined) return withTrail(failure, survey);
  const server = showUrl(address);
  const trail = trailInWords(survey);
  if (found.length === 0) {
    const base = baseOfDocument(address);
    return new RegistrarError('discovery_failed', {
      message: `${server}: no endpoints found. Asked: ${trail}`,
      ...(base !== undefined && { hint: `This is the address of a document. Give as \`server\`: ${showUrl(base)}` }),
      server,
    });
  }
  const isFhir = found.some(({ source }) => source.kind === 'smart-configuration' || source.kind === 'fhir-metadata');
  const token = found.find((finding) => finding.token !== undefined)?.token;
  return new RegistrarError('registration_unsupported', {
    message: `the ${isFhir ? 'FHIR' : 'authorization'} server ${server} names no registration endpoint. Asked: ${trail}`,
    hint: isFhir ? hintForFhir(token) : HINT_FOR_ISSUER,
    server,
  });
}

/** Where a document that clients find by itself hangs; undefined for any other address. */
function baseOfDocument(address: string): string | undefined {
  const { origin, pathname } = new URL(address);
  const wellKnown = /^(.*)\/\.well-known\/[^/]+(.*)$/u.exec(pathname);
  if (wellKnown) return `${origin}${wellKnown[1]}${wellKnown[2]}`;
  return pathname.endsWith('/metadata') ? `${origin}${pathname.slice(0, -'/metadata'.length)}` : undefined;
}

const HINT_FOR_ISSUER =
  'Ask the operator whether the server registers clients dynamically and where; then give `registration_endpoint` and `token_endpoint` in the manifest.';

function hintForFhir(token: string | undefined): string {
  const where = token === undefined ? '' : ` (its token endpoint is ${showUrl(token)})`;
  return `Give the issuer of the authorization server${where} as \`server\`, or its \`registration_endpoint\` and \`token_endpoint\` if its operator told you them.`;
}

function withTrail(failure: RegistrarError, survey: Survey): RegistrarError {
  if (survey.trail.length < 2) return failure;
  const { code, message, hint, server, retryAfterSeconds } = failure;
  return new RegistrarError(code, {
    message: `${message}. Asked: ${trailInWords(survey)}`,
    hint,
    ...(server === undefined ? {} : { server }),
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
  });
}

/** Documents with the same outcome, one after the other, share it. */
function trailInWords({ trail }: Survey): string {
  return trail
    .map(({ url, outcome }, index) => (outcome === trail[index + 1]?.outcome ? `${url} and` : `${url}: ${outcome};`))
    .join(' ')
    .slice(0, -1);
}
