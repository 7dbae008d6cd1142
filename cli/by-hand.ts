import { bringToRest } from '../action/bring-to-rest.ts';
import { discoverServer } from '../shared/discovery/discover-server.ts';
import { RegistrarError } from '../shared/errors/registrar-error.ts';
import { oneStep } from '../shared/reconcile/one-step.ts';
import { reconcile } from '../shared/reconcile/reconcile.ts';
import { currentClient } from '../shared/reconcile/record-queries.ts';
import { askRotation } from '../shared/reconcile/requests.ts';
import { endRegistration } from '../shared/reconcile/transitions.ts';
import { serverRecord, wantClient } from '../shared/reconcile/want.ts';
import type { RegistrationRecord } from '../shared/record/record.ts';
import { usage } from './options.ts';
import { clientJson, clientLines, errorJson, errorLines, eventLines } from './present.ts';
import { changedMetadata, wishOf } from './wish.ts';
import { isAlive, isNamed, selectOne, type Work } from './work.ts';

/** Registers one client and remembers it. */
export async function register(work: Work): Promise<number> {
  const { asked, network, state, screen } = work;
  const desired = await wishOf(asked, asked.url ?? '');
  const known = state.records().get(desired.key);
  if (known !== undefined && isAlive(known) && (currentClient(known) !== undefined || known.orphans.length > 0)) {
    throw usage(
      `${state.path} has a client "${desired.name}" already`,
      `oauth-registrar register --name another, or oauth-registrar delete --name ${desired.name}`,
    );
  }
  const server = serverRecord(await discoverServer(desired.server, network.http));
  screen.note(`registration endpoint: ${server.registrationEndpoint}`);
  const wanted = wantClient({ record: known, desired, server, now: network.clock.now() });
  return finish(wanted, known, work);
}

/** Reads a client at its server and shows it. */
export async function show(work: Work): Promise<number> {
  const { asked, ports, screen, state } = work;
  const named = asked.text('name');
  const all = [...state.records().values()].filter(isAlive);
  if (named === undefined && all.length > 1) {
    for (const record of all) tellClient(record, work);
    return 0;
  }
  const record = selectOne(work);
  const client = currentClient(record);
  if (client?.access === undefined) {
    screen.note(`${record.key}: shown as remembered; the server does not let it be read.`);
    tellClient(record, work);
    return 0;
  }
  const outcome = await reconcile(record, ports, { patienceMs: 0, decide: oneStep({ kind: 'read', client }) });
  for (const line of eventLines(record, outcome.events)) screen.note(line);
  const read = currentClient(outcome.record);
  const problem =
    outcome.problem ??
    (read?.accessSeen === 'refused'
      ? new RegistrarError('access_refused', {
          message: `${record.key}: the server refuses to show client ${client.clientId}; it may be gone. This is what is remembered.`,
        })
      : undefined);
  tellClient(outcome.record, work, problem);
  return problem === undefined ? 0 : 1;
}

/** Changes the metadata of a client. */
export async function update(work: Work): Promise<number> {
  const record = selectOne(work);
  const desired = await changedMetadata(work.asked, record.desired);
  const wanted = wantClient({ record, desired, server: record.server, now: work.network.clock.now() });
  return finish(wanted, record, work);
}

/** Replaces the credentials. Whoever types this uses the new ones next, so the old client is deleted at once. */
export async function rotate(work: Work): Promise<number> {
  const record = selectOne(work);
  const inPlace = work.asked.flag('in-place');
  const rotating = askRotation(record, {
    reason: inPlace ? 'asked' : 'leak',
    strategy: inPlace ? 'in-place' : 'replace',
    startedAt: work.network.clock.now(),
  });
  return finish(rotating, record, work);
}

/** Deletes clients, and forgets those that are gone. */
export async function remove(work: Work): Promise<number> {
  const { asked, state, ports, screen, stopping } = work;
  const name = asked.text('name');
  const all = [...state.records().values()];
  const records = asked.flag('all')
    ? all.filter((record) => name === undefined || isNamed(record, name))
    : [selectOne(work)];
  let failed = false;
  for (const record of records) {
    const ending = endRegistration(record, ports.clock.now(), 'somebody asked for it').record;
    const report = await bringToRest({ record: ending, kept: record, ports, stopping });
    for (const line of eventLines(record, report.events)) screen.note(line);
    const problem = report.problem ?? leftOver(report.record);
    if (problem !== undefined && !asked.flag('forget')) {
      failed = true;
      tellProblem(problem, work);
      continue;
    }
    if (problem !== undefined) screen.note(`${record.key}: forgotten. ${problem.message}`);
    await state.forget(record.key);
    if (asked.flag('json'))
      screen.result(JSON.stringify({ name: record.key, deleted: problem === undefined }, null, 2));
    else screen.result(`${record.key} is ${problem === undefined ? 'deleted' : 'forgotten'}.`);
  }
  return failed ? 1 : 0;
}

/** What is left of a registration that was to end. */
function leftOver({ key, orphans, suspects }: RegistrationRecord): RegistrarError | undefined {
  if (orphans.length + suspects.length === 0) return undefined;
  const clients = orphans.map(({ clientId, reason }) => `client ${clientId} is still at its server: ${reason}`);
  const unknown = suspects.map(({ reason }) => `a client may exist: ${reason}`);
  return new RegistrarError('deletion_failed', { message: `${key}: ${[...clients, ...unknown].join('; ')}.` });
}

/** Brings a registration to rest and shows what came of it. */
async function finish(wanted: RegistrationRecord, kept: RegistrationRecord | undefined, work: Work): Promise<number> {
  const { record, events, problem } = await bringToRest({
    record: wanted,
    kept,
    ports: work.ports,
    stopping: work.stopping,
  });
  for (const line of eventLines(record, events)) work.screen.note(line);
  if (problem !== undefined && !isAlive(record)) await work.state.forget(record.key);
  if (problem !== undefined && currentClient(record) === undefined) tellProblem(problem, work);
  else tellClient(record, work, problem);
  return problem === undefined ? 0 : 1;
}

/** Shows a client; with `show --secrets` as it is. */
function tellClient(record: RegistrationRecord, { asked, screen }: Work, problem?: RegistrarError): void {
  const withSecrets = asked.command === 'show' && asked.flag('secrets');
  const json = { ...clientJson(record, withSecrets), ...(problem && { error: errorJson(problem) }) };
  const { error: _, ...client } = json;
  const text = asked.flag('json') ? JSON.stringify(json, null, 2) : clientLines(client).join('\n');
  if (withSecrets) screen.reveal(text);
  else screen.result(text);
  if (problem !== undefined && !asked.flag('json')) for (const line of errorLines(problem)) screen.note(line);
}

function tellProblem(problem: RegistrarError, { asked, screen }: Work): void {
  if (asked.flag('json')) screen.result(JSON.stringify({ error: errorJson(problem) }, null, 2));
  else for (const line of errorLines(problem)) screen.note(line);
}
