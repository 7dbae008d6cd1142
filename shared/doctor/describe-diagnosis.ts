import type { Source } from '../discovery/server.ts';
import { printable } from '../errors/printable.ts';
import type { DiagnosedEndpoint, Diagnosis } from './diagnose.ts';
import { FEATURE_TITLES, type Verdict } from './judge-features.ts';
import { describeLeftBehind } from './left-behind.ts';

/** A part of a diagnosis for people: each row is a line of text, or cells of a table. */
export type Section = { readonly title: string; readonly rows: readonly (readonly string[])[] };

const NAMES: Readonly<Record<DiagnosedEndpoint['endpoint'], string>> = {
  registration: 'registration endpoint',
  token: 'token endpoint',
  authorization: 'authorization endpoint',
  issuer: 'issuer',
};

const DOCUMENTS: Readonly<Record<Source['kind'], string>> = {
  manifest: 'as given',
  'smart-configuration': 'SMART configuration',
  'fhir-metadata': 'FHIR metadata',
  'oauth-authorization-server': 'authorization server metadata',
  'openid-configuration': 'OpenID configuration',
};

const VERDICTS: Readonly<Record<Verdict, string>> = {
  yes: 'yes',
  probably: 'probably',
  no: 'no',
  unknown: 'not known',
};

const SAYS: Readonly<Record<keyof Diagnosis['says'], string>> = {
  fhirVersion: 'FHIR version',
  grantTypes: 'grant types',
  responseTypes: 'response types',
  tokenEndpointAuthMethods: 'client authentication',
  tokenEndpointAuthSigningAlgs: 'algorithms for client assertions',
  codeChallengeMethods: 'PKCE',
  capabilities: 'SMART capabilities',
  scopes: 'scopes',
};

/** Longest list of what a server says, in characters: some name hundreds of scopes. */
const LONGEST_LIST = 600;

/** A diagnosis in sections, the ones without content left out. */
export function describeDiagnosis(diagnosis: Diagnosis): readonly Section[] {
  const { endpoints, documents, says, needs, features, probe, problem } = diagnosis;
  const sections: readonly Section[] = [
    {
      title: 'What was found',
      rows: endpoints.map(({ endpoint, url, read_in: kind }) => [NAMES[endpoint], url, DOCUMENTS[kind]]),
    },
    { title: 'Where it was looked for', rows: documents.map(({ url, outcome }) => [url, outcome]) },
    {
      title: 'What the server says of itself',
      rows: Object.entries(SAYS).flatMap(([name, title]) => {
        const value = says[name as keyof typeof SAYS];
        return value === undefined ? [] : [[title, printable([value].flat().join(', '), LONGEST_LIST)]];
      }),
    },
    { title: 'What registration needs', rows: needs.map((line) => [line]) },
    {
      title: 'What will work',
      rows: features.map(({ feature, works, why }) => [VERDICTS[works], FEATURE_TITLES[feature], why]),
    },
    {
      title: 'What a throw-away client showed',
      rows: (probe?.steps ?? []).map(({ step, result, showed }) => [step, result, showed.join('; ')]),
    },
    { title: 'Left behind', rows: (probe?.left_behind ?? []).map((client) => [describeLeftBehind(client)]) },
    {
      title: 'Problem',
      rows: problem === undefined ? [] : [[problem.message], [`What to do: ${problem.hint}`]],
    },
  ];
  return sections.filter(({ rows }) => rows.length > 0);
}

/** The sections as lines of text, their cells in columns. */
export function diagnosisLines(diagnosis: Diagnosis): readonly string[] {
  return describeDiagnosis(diagnosis).flatMap(({ title, rows }) => ['', title, ...inColumns(rows)]);
}

/** Every column but the last is as wide as its widest cell. */
function inColumns(rows: readonly (readonly string[])[]): readonly string[] {
  const width = (column: number) => Math.max(...rows.map((row) => String(row[column]).length));
  return rows.map((row) => `  ${row.map((cell, column) => cell.padEnd(width(column))).join('  ')}`.trimEnd());
}
