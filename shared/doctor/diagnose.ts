import type { Examination } from '../discovery/examine-server.ts';
import type { Server, Source, TrailEntry } from '../discovery/server.ts';
import type { ErrorCode } from '../errors/catalog.ts';
import { printable, showUrl } from '../errors/printable.ts';
import { RegistrarError } from '../errors/registrar-error.ts';
import { type Feature, judgeFeatures } from './judge-features.ts';
import { describeLeftBehind } from './left-behind.ts';
import type { ProbeReport } from './probe-report.ts';

/** One address of a server, and the document that it was read in. */
export type DiagnosedEndpoint = {
  readonly endpoint: 'registration' | 'token' | 'authorization' | 'issuer';
  readonly url: string;
  readonly read_in: Source['kind'];
  readonly document?: string;
};

/** Everything that can be told of a server: what `doctor --json` prints. Printable, free of secrets. */
export type Diagnosis = {
  readonly address: string;
  readonly endpoints: readonly DiagnosedEndpoint[];
  readonly documents: readonly TrailEntry[];
  readonly says: Server['says'];
  /** What registration would need, in sentences. */
  readonly needs: readonly string[];
  /** Empty where nothing was found to judge by. */
  readonly features: readonly Feature[];
  readonly probe?: ProbeReport;
  readonly problem?: { readonly code: ErrorCode; readonly message: string; readonly hint: string };
};

/** Puts together what a server's documents say and, where there was one, what a probe showed. */
export function diagnose({ address, endpoints, server, problem }: Examination, probe?: ProbeReport): Diagnosis {
  const { registration, token, authorization, issuer, says, trail } = endpoints;
  const found = { registration, token, authorization, issuer };
  return {
    address: showUrl(address),
    endpoints: Object.entries(found).flatMap(([name, endpoint]): DiagnosedEndpoint[] =>
      endpoint === undefined
        ? []
        : [
            {
              endpoint: name as DiagnosedEndpoint['endpoint'],
              url: printable(endpoint.url),
              read_in: endpoint.source.kind,
              ...(endpoint.source.url !== undefined && { document: showUrl(endpoint.source.url) }),
            },
          ],
    ),
    documents: trail.map(({ url, outcome }) => ({ url, outcome: printable(outcome) })),
    says: JSON.parse(JSON.stringify(says), (_, value: unknown) =>
      typeof value === 'string' ? printable(value) : value,
    ) as Server['says'],
    needs: server === undefined ? [] : needsOf(probe),
    features: Object.values(found).some((endpoint) => endpoint !== undefined)
      ? judgeFeatures(endpoints, server !== undefined, probe)
      : [],
    ...(probe && { probe }),
    ...(problem && {
      problem: { code: problem.code, message: printable(problem.message, 2_000), hint: problem.hint },
    }),
  };
}

/** What a diagnosis has to be told as errors: no server to register at, a client that was refused, clients left behind. */
export function problemsOf({ address: server, problem, probe, needs }: Diagnosis): readonly RegistrarError[] {
  const [registered] = probe?.steps ?? [];
  const said = registered === undefined || registered.result === 'worked' ? undefined : registered.showed.join('; ');
  return [
    ...(problem === undefined ? [] : [new RegistrarError(problem.code, { ...problem, server })]),
    ...(said === undefined
      ? []
      : [
          new RegistrarError(isRefusal(said) ? 'registration_refused' : 'registration_rejected', {
            message: `No client could be registered at ${server}: it ${said}.`,
            hint: `What registration needs: ${needs.join(' ')}`,
            server,
          }),
        ]),
    ...(probe?.left_behind ?? []).map(
      (client) =>
        new RegistrarError('deletion_failed', {
          message: describeLeftBehind(client),
          hint: 'Ask the operator of the server; nothing else can be done from here.',
          server: client.server,
        }),
    ),
  ];
}

const REDIRECT_URIS =
  'Redirect URIs (for clients that users sign in with), which the server may limit to hosts it knows.';

function needsOf(probe: ProbeReport | undefined): readonly string[] {
  const [step] = probe?.steps ?? [];
  if (probe === undefined || step === undefined) {
    return ['Perhaps an initial access token: no document says whether it is needed; a probe shows it.', REDIRECT_URIS];
  }
  const { used_initial_access_token: withToken } = probe;
  if (step.result === 'worked') {
    const expires = step.showed.find((line) => line.startsWith('gave a secret that expires'));
    return [
      withToken
        ? 'The initial access token that was given is taken; whether it is needed was not tried.'
        : 'No initial access token: anybody may register.',
      REDIRECT_URIS,
      ...(expires === undefined ? [] : [`Rotation: the server ${expires}.`]),
    ];
  }
  if (step.result === 'unclear') return ['A server that answers: whether a client was made is not known.'];
  const said = step.showed.join('; ');
  if (
    /^answered 40[13]\b/u.test(said) ||
    /^answered 400 (?:invalid_token|access_denied|invalid_client)\b/u.test(said)
  ) {
    return [
      withToken
        ? `Another initial access token: the one that was given is refused (${said}).`
        : `An initial access token, which the operator of the server issues: without one it ${said}.`,
      REDIRECT_URIS,
    ];
  }
  return [`Other metadata than the probe has, or a server that takes it: ${said}.`];
}

/** Servers say 400 as well when they mean that a token is missing or wrong. */
function isRefusal(said: string): boolean {
  return /^answered (?:40[13]\b|400 (?:invalid_token|access_denied|invalid_client)\b)/u.test(said);
}
