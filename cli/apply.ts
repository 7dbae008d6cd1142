import { dirname, relative, resolve } from 'node:path';
import { applyClients } from '../action/apply.ts';
import { variableName } from '../action/outputs.ts';
import { RegistrarError } from '../shared/errors/registrar-error.ts';
import type { CredentialField, Desired, PublishItem } from '../shared/manifest/desired.ts';
import { describeProblem } from '../shared/manifest/problems.ts';
import { readManifest } from '../shared/manifest/read-manifest.ts';
import { authMethod, usesSecret } from '../shared/registration/request-body.ts';
import { usage } from './options.ts';
import { errorJson, errorLines, eventLines } from './present.ts';
import { LOCAL, manifestOptions, readGiven } from './wish.ts';
import { isAlive, type Work } from './work.ts';

const DEFAULT_MANIFEST = '.github/oauth-clients.yml';

/** Brings the clients of a manifest to what it asks for, on one's own machine, with an env file in the place of GitHub. */
export async function apply(work: Work): Promise<number> {
  const { asked, network, state, ports, screen, stopping } = work;
  const file = asked.text('env-file');
  if (file === undefined) {
    throw usage('apply needs a file for the credentials', 'oauth-registrar apply --env-file .env.local');
  }
  const path = asked.text('manifest') ?? DEFAULT_MANIFEST;
  const [url, clients] = [asked.text('url'), asked.list('client')];
  const options = manifestOptions(asked.text('environment') ?? LOCAL, {
    values: Object.fromEntries(asked.list('value').map(keyValue)),
    ...(url !== undefined && { url }),
    ...(clients.length > 0 && { clients }),
  });
  const { desired, warnings } = readManifest({ text: await readGiven(path), path }, options);
  for (const warning of warnings) screen.note(`warning: ${describeProblem(warning, path)}`);
  const wanted = desired.map((client) => toEnvFile(client, relative(dirname(resolve(state.path)), resolve(file))));
  refuseSharedNames(wanted);
  const reports = await applyClients({
    wanted,
    records: state.records(),
    http: network.http,
    portsFor: () => ports,
    by: { runId: 0, attempt: 1 },
    stopping,
  });
  for (const { record, events, problem, desired: client } of reports) {
    if (record !== undefined) for (const line of eventLines(record, events)) screen.note(line);
    if (problem === undefined && events.length === 0) screen.note(`${client.key}: unchanged`);
    if (problem !== undefined) {
      for (const line of errorLines(problem)) screen.note(line);
      if (record !== undefined && !isAlive(record)) await state.forget(record.key);
    }
  }
  const failed = reports.filter(({ problem }) => problem !== undefined);
  if (asked.flag('json')) {
    const all = reports.map(({ desired: { name, publish }, problem }) => [
      name,
      problem === undefined ? { variables: namesOf(publish) } : { error: errorJson(problem) },
    ]);
    screen.result(JSON.stringify(Object.fromEntries(all), null, 2));
  } else {
    for (const { desired: client, problem } of reports) {
      if (problem === undefined) screen.result(`${client.name}: ${namesOf(client.publish).join(', ')} in ${file}`);
    }
  }
  return failed.length === 0 ? 0 : 1;
}

/** The client with its credentials published to a file: under the names of the manifest, else under its own. */
function toEnvFile({ owner: _, ...client }: Desired, environment: string): Desired {
  const named = client.publish.flatMap(({ items }) => items);
  const items = named.length > 0 ? named : ownNames(client);
  return { ...client, publish: [{ kind: 'github', environment, createEnvironment: false, items }] };
}

/** As the Action's `export-env` has them. */
function ownNames({ name, metadata, makeKey }: Omit<Desired, 'owner'>): readonly PublishItem[] {
  const prefix = variableName(name);
  const secret: readonly CredentialField[] = usesSecret(authMethod({}, metadata)) ? ['client_secret'] : [];
  const key: readonly CredentialField[] = makeKey ? ['private_key', 'key_id'] : [];
  const fields: readonly CredentialField[] = ['client_id', ...secret, ...key, 'issuer', 'token_endpoint'];
  return fields.map((field) => ({ kind: 'variable', name: `${prefix}_${variableName(field)}`, field }));
}

function refuseSharedNames(wanted: readonly Desired[]): void {
  const names = wanted.flatMap(({ publish }) => namesOf(publish));
  const double = names.find((name, index) => names.indexOf(name) !== index);
  if (double === undefined) return;
  throw new RegistrarError('publish_conflict', { message: `Two clients would write ${double} to the same file.` });
}

function namesOf(publish: Desired['publish']): readonly string[] {
  return publish.flatMap(({ items }) => items.map(({ name }) => name));
}

function keyValue(text: string): [string, string] {
  const cut = text.indexOf('=');
  if (cut > 0) return [text.slice(0, cut), text.slice(cut + 1)];
  throw usage(`--value "${text}" is not KEY=value`, '--value HOST=app.example.org');
}
