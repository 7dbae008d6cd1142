import { RegistrarError } from '../shared/errors/registrar-error.ts';
import { reconcile } from '../shared/reconcile/reconcile.ts';
import { adoptClient } from '../shared/reconcile/requests.ts';
import { serverRecord, wantClient } from '../shared/reconcile/want.ts';
import { discoverOnce, PATIENCE } from './apply.ts';
import { type ChangeCommand, changeRegistrations, handedOver } from './change.ts';
import { bind, gather } from './gather.ts';
import { ownerName } from './owner-name.ts';
import { aliveRecords, selectRecords } from './select.ts';
import { summaryOf } from './summary.ts';
import type { Done, Work } from './work.ts';

/** Rotates, retires, deletes or resolves registrations that exist; needs no manifest. */
export async function runChange(command: ChangeCommand, work: Work): Promise<Done> {
  const { inputs, context, session, to, stopping } = work;
  const { environment, sentence } = await bind(inputs, context, session.github);
  const open = await session.open(environment);
  const records =
    command === 'delete' && inputs.clients.length === 0 ? aliveRecords(open) : selectRecords(open, inputs.clients);
  const ports = await session.ports(open);
  const names = records.map(({ desired }) => desired.name).join(', ');
  to.info(`${command} in environment ${environment}: ${names || 'there is nothing left'}`);
  if (command === 'delete') {
    for (const { owner } of records) {
      const since = ports.clock.now();
      if (owner !== undefined) await open.store.bury(ownerName(owner), { owner, since, run: context.run });
    }
  }
  const reports = await changeRegistrations({ command, inputs, records, ports, stopping, run: context.run });
  await open.store.flush();
  return { reports, problems: [], warnings: [], summary: summaryOf({ environment, sentence, reports, warnings: [] }) };
}

/** Takes over a client that was made by somebody else, as the one client the manifest describes for it. */
export async function runAdopt(work: Work): Promise<Done> {
  const { inputs, context, network, session, stopping } = work;
  const binding = await bind(inputs, context, session.github);
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
  const record = wantClient({
    record: open.state.registrations[desired.key],
    desired,
    server: serverRecord(server),
    now,
    by,
  });
  const outcome = await reconcile(adoptClient(record, given, now, context.run), ports, { ...PATIENCE, stopping });
  await open.store.flush();
  const report = {
    desired,
    server,
    record: outcome.record,
    events: outcome.events,
    ...(outcome.problem && { problem: outcome.problem }),
  };
  const { environment, sentence } = binding;
  return {
    reports: [report],
    problems: [],
    warnings,
    summary: summaryOf({ environment, sentence, reports: [report], warnings }),
    ...(file !== undefined && { file }),
  };
}
