import { isRegistrarError, type RegistrarError } from '../../shared/errors/registrar-error.ts';
import type { ManifestReading } from '../../shared/manifest/assemble-clients.ts';
import type { Desired } from '../../shared/manifest/desired.ts';
import type { ManifestOptions, ManifestOverrides } from '../../shared/manifest/desired-client.ts';
import type { TemplateContext } from '../../shared/manifest/fill-template.ts';
import { describeProblem } from '../../shared/manifest/problems.ts';
import { readManifest } from '../../shared/manifest/read-manifest.ts';
import type { Json } from '../../shared/ports/ports.ts';

export const CONTEXT: TemplateContext = {
  environment: 'pr-42',
  pull_request: '42',
  branch: 'feature/x',
  sha: '0123abc',
  repository: 'acme/app',
  url: 'https://app.example.com/',
  values: { tenant: 'north' },
};

export type Run = {
  readonly overrides?: ManifestOverrides;
  readonly templates?: Partial<TemplateContext>;
  readonly insecureLoopback?: boolean;
};

export function options({ overrides = {}, templates = {}, insecureLoopback = false }: Run = {}): ManifestOptions {
  return { templates: { ...CONTEXT, ...templates }, overrides, insecureLoopback };
}

export function read(text: string, run: Run = {}): ManifestReading {
  return readManifest({ text, path: 'clients.yml' }, options(run));
}

/** The error that reading ends with; a reading that succeeds is an error of the test. */
export function failure(run: () => unknown): RegistrarError {
  try {
    run();
  } catch (error) {
    if (isRegistrarError(error)) return error;
    throw error;
  }
  throw new Error('nothing was wrong');
}

/** Code and problems of a reading that fails, one line each. */
export function problems(text: string, run: Run = {}): readonly string[] {
  const error = failure(() => read(text, run));
  return [error.code, ...error.problems.map((problem) => describeProblem(problem))];
}

const SERVER = 'https://as.example.org';

/** A manifest with one client named `web`. */
export function manifestOf(client: Record<string, Json>, environments: Record<string, Json> = {}): string {
  return JSON.stringify({ version: 1, clients: { web: { server: SERVER, ...client } }, environments });
}

/** The one client of a manifest. */
export function only({ desired }: ManifestReading): Desired {
  const [client] = desired;
  if (client === undefined || desired.length !== 1) throw new Error(`expected one client, got ${desired.length}`);
  return client;
}

/** The problems of one client with this metadata, without code, path prefix and line. */
export function metadataProblems(metadata: Record<string, Json>, run: Run = {}): readonly string[] {
  const [, ...lines] = problems(
    manifestOf({ metadata: { redirect_uris: ['https://app.example.com/cb'], ...metadata } }),
    run,
  );
  return lines.map((line) => line.replace('line 1: clients.web.metadata.', ''));
}
