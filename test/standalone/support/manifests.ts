import type { Run } from '../../support/run-action.ts';

export const CALLBACK = 'https://app.example.org/callback';

export const PUBLISH = {
  publish: {
    github: { variables: { client_id: 'FHIR_CLIENT_ID' }, secrets: { client_secret: 'FHIR_CLIENT_SECRET' } },
  },
};

/** A manifest as text: one confidential client `web` unless said, changed by `more`. */
export function manifest(server: string, more: object = {}, clients: Readonly<Record<string, object>> = {}): string {
  const { metadata, ...rest } = more as { readonly metadata?: object };
  const web = {
    server,
    type: 'confidential',
    metadata: { client_name: 'App', redirect_uris: [CALLBACK], scope: 'openid', ...metadata },
    ...rest,
  };
  return JSON.stringify({ version: 1, clients: { web, ...clients } });
}

/** Titles of the annotations of one level, without the product's name. */
export function codesOf({ annotations }: Run, level: 'error' | 'warning' = 'error'): readonly string[] {
  return annotations
    .filter((annotation) => annotation.level === level)
    .map(({ title }) => (title ?? '(no title)').replace(/^oauth-registrar: /u, ''));
}

/** All messages of a run's errors. */
export const errorsOf = ({ annotations }: Run): string =>
  annotations.flatMap(({ level, message }) => (level === 'error' ? [message] : [])).join('\n');

/** All messages of a run's warnings. */
export const warningsOf = ({ annotations }: Run): string =>
  annotations.flatMap(({ level, message }) => (level === 'warning' ? [message] : [])).join('\n');

/** A summary as a person reads it: without the markup of Markdown. */
export const readable = ({ summary }: Pick<Run, 'summary'>): string =>
  summary
    .replace(/<\/?(?:code|details|summary)>/gu, '')
    .replace(/&#(\d+);/gu, (_, point: string) => String.fromCodePoint(Number(point)));
