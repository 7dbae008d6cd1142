import type { IncomingMessage, ServerResponse } from 'node:http';

/** The one patient of the FHIR server: the person who logs in. */
export const PATIENT = {
  resourceType: 'Patient',
  id: '1',
  name: [{ use: 'official', given: ['Ada'], family: 'Example' }],
  gender: 'female',
  birthDate: '1990-12-10',
} as const;

const READING = ['patient/*.rs', 'patient/*.read', 'user/*.rs', 'system/*.rs'];

/** Answers `/fhir/{version}/Patient/{id}` to an access token that allows it; false when the path is another. */
export async function answerPatient(
  { req, res }: { readonly req: IncomingMessage; readonly res: ServerResponse },
  /** The scopes of an access token that is good now. */
  scopesOf: (token: string) => Promise<readonly string[] | undefined>,
): Promise<boolean> {
  const [, id] = /^\/fhir\/[^/]+\/Patient\/([^/?]+)$/u.exec(req.url ?? '') ?? [];
  if (id === undefined || req.method !== 'GET') return false;
  const [, token = ''] = /^Bearer (.+)$/iu.exec(req.headers.authorization ?? '') ?? [];
  const scopes = await scopesOf(token);
  if (scopes === undefined) {
    res.setHeader('www-authenticate', 'Bearer error="invalid_token"');
    return refuse(res, 401, 'login');
  }
  if (!scopes.some((scope) => READING.includes(scope))) return refuse(res, 403, 'forbidden');
  if (id !== PATIENT.id) return refuse(res, 404, 'not-found');
  return answer(res, 200, PATIENT);
}

function refuse(res: ServerResponse, status: number, code: string): true {
  return answer(res, status, { resourceType: 'OperationOutcome', issue: [{ severity: 'error', code }] });
}

function answer(res: ServerResponse, status: number, body: unknown): true {
  res.writeHead(status, { 'content-type': 'application/fhir+json;charset=utf-8' }).end(JSON.stringify(body));
  return true;
}
