import { printable } from '../shared/errors/printable.ts';
import { RegistrarError } from '../shared/errors/registrar-error.ts';
import { adoptClient } from '../shared/reconcile/requests.ts';
import { serverRecord, wantClient } from '../shared/reconcile/want.ts';
import type { RegistrationRecord } from '../shared/record/record.ts';
import { discoverOnce } from './apply.ts';
import type { Binding } from './binding/bind-run.ts';
import { refuseUnclear } from './binding/bind-run.ts';
import { bringToRest } from './bring-to-rest.ts';
import { type ChangeCommand, changeRegistrations, handedOver } from './change.ts';
import { bind, gather } from './gather.ts';
import { ownerName } from './owner-name.ts';
import type { ClientReport } from './report.ts';
import { selectRecords, selectToEnd } from './select.ts';
import type { OpenState } from './session.ts';
import { summaryOf } from './summary.ts';
import type { Done, Work } from './work.ts';

/** Rotates, retires, deletes or resolves registrations that exist; needs no manifest. */
export async function runChange(command: ChangeCommand, work: Work): Promise<Done> {
  const { inputs, context, session, to, stopping } = work;
  const binding = await bind(inputs, context, session.github);
  refuseUnclear(binding);
  const { environment } = binding;
  const open = await session.open(environment);
  const { records, warnings } =
    command === 'delete'
      ? toEnd(open, binding, inputs.clients)
      : { records: selectRecords(open, inputs.clients), warnings: [] };
  const ports = await session.ports(open);
  const names = records.map(({ desired }) => desired.name).join(', ');
  to.info(`${command} in environment ${environment}: ${names || 'there is nothing left'}`);
  const now = ports.clock.now();
  if (command === 'delete') {
    const owners = [...records.map(({ owner }) => owner), inputs.clients.length === 0 ? binding.owner : undefined];
    const buried = new Map(
      owners.flatMap((owner) => (owner === undefined ? [] : [[ownerName(owner), owner] as const])),
    );
    await Promise.all(
      [...buried].map(([name, owner]) => open.store.bury(name, { owner, since: now, run: context.run })),
    );
  }
  const by = { runId: context.runId, attempt: context.runAttempt };
  const reports = await changeRegistrations({ command, inputs, records, ports, stopping, run: context.run, by });
  await open.store.flush();
  if (command === 'rotate') for (const line of reports.flatMap(underWay)) to.info(line);
  return {
    reports,
    problems: [],
    warnings,
    summary: summaryOf({ environment, sentence: SENTENCES[command], reports, warnings, now }),
  };
}

/** A rotation is not over before somebody says so; one that was asked for again is the one that is under way. */
function underWay({ desired, record, events, problem }: ClientReport): readonly string[] {
  const old = record?.clients.filter(({ role }) => role === 'retiring').map(({ clientId }) => printable(clientId));
  if (problem !== undefined || old === undefined || old.length === 0) return [];
  const said = events.length > 0 ? '' : 'the rotation that is under way stays: ';
  return [
    `${desired.name}: ${said}old client ${old.join(', ')} works until \`command: retire\` says that the app uses the new one`,
  ];
}

const SENTENCES: Readonly<Record<ChangeCommand, string>> = {
  rotate: 'New credentials were asked for.',
  retire: 'The app was said to use the credentials in use now, so older ones go.',
  delete: 'What is listed was asked to end.',
  resolve: 'Registrations whose answer was lost were settled.',
};

/** What to end. When the event says that the owner has ended, only what it owns: an environment may have more. */
function toEnd(
  open: OpenState,
  { owner, ownerEnded }: Binding,
  names: readonly string[],
): { readonly records: readonly RegistrationRecord[]; readonly warnings: readonly string[] } {
  const records = selectToEnd(open, names);
  if (ownerEnded !== true || owner === undefined) return { records, warnings: [] };
  const owned = records.filter((record) => record.owner !== undefined && ownerName(record.owner) === ownerName(owner));
  const others = records.filter((record) => !owned.includes(record)).map(({ desired }) => desired.name);
  return {
    records: owned,
    warnings:
      others.length === 0
        ? []
        : [`${others.join(', ')} of ${printable(open.environment)} does not belong to what has ended here, and stays.`],
  };
}

/** Takes over a client that was made by somebody else, as the one client the manifest describes for it. */
export async function runAdopt(work: Work): Promise<Done> {
  const { inputs, context, network, session, stopping } = work;
  const binding = await bind(inputs, context, session.github);
  refuseUnclear(binding);
  const { reading, file, warnings } = await gather(inputs, context, binding, session.github);
  const [desired, ...others] = reading.desired;
  if (desired === undefined || others.length > 0) {
    throw new RegistrarError('input_invalid', {
      message: `adopt is about one client, and the manifest has ${reading.desired.length}.`,
      hint: 'Name it with the input clients.',
    });
  }
  const given = handedOver(inputs);
  const open = await session.open(binding.environment);
  const ports = await session.ports(open);
  const server = await discoverOnce(network.http)(desired.server);
  const now = ports.clock.now();
  const by = { runId: context.runId, attempt: context.runAttempt };
  const kept = open.state.registrations[desired.key];
  const record = wantClient({
    record: kept,
    desired,
    server: serverRecord(server),
    now,
    by,
  });
  const adopted = adoptClient(record, given, now, context.run);
  const report = { ...(await bringToRest({ record: adopted, kept, ports, stopping })), server };
  await open.store.flush();
  const { environment, sentence } = binding;
  return {
    reports: [report],
    problems: [],
    warnings,
    summary: summaryOf({ environment, sentence, reports: [report], warnings, now }),
    ...(file !== undefined && { file }),
  };
}
