import { RegistrarError } from '../shared/errors/registrar-error.ts';
import { nextStep } from '../shared/reconcile/next-step.ts';
import type { Performed } from '../shared/reconcile/perform.ts';
import type { Ports } from '../shared/reconcile/ports.ts';
import { endRegistration } from '../shared/reconcile/transitions.ts';
import type { RegistrationRecord } from '../shared/record/record.ts';
import { applyClients } from './apply.ts';
import { type Binding, refuseUnclear } from './binding/bind-run.ts';
import { bindingSentence } from './binding/binding-sentence.ts';
import { bringToRest } from './bring-to-rest.ts';
import { bind, gather } from './gather.ts';
import { createJobStore } from './job-store.ts';
import { noAnnouncing, noPublishing } from './no-publishing.ts';
import { ownerName } from './owner-name.ts';
import type { ClientReport } from './report.ts';
import { isAlive } from './select.ts';
import type { OpenState } from './session.ts';
import { summaryOf } from './summary.ts';
import type { Done, Work } from './work.ts';

/** Brings the clients of the manifest to what it asks for, and does what is due in this environment. */
export async function runApply(work: Work): Promise<Done> {
  const { inputs, context, network, session, to, stopping } = work;
  const binding = await bind(inputs, context, session.github);
  const { reading, file, warnings } = await gather(inputs, context, binding, session.github);
  const { desired } = reading;
  to.saveState('insecure-loopback', String(inputs.insecureLoopback));
  const jobOnly = desired.every(({ ttl }) => ttl === 'job');
  const names = desired.map(({ name }) => name).join(', ');
  const sentence = jobOnly ? `${names}: deleted when this job ends` : bindingSentence(names, binding.owner);
  to.info(`Environment ${binding.environment}. ${sentence}.`);

  const job: Ports = { ...network, sink: noPublishing, announce: noAnnouncing, store: createJobStore(to.saveState) };
  const kept = jobOnly ? undefined : await openKept(binding, work);
  const reports = await applyClients({
    wanted: desired,
    records: new Map(Object.entries(kept?.open.state.registrations ?? {})),
    http: network.http,
    portsFor: ({ ttl }) => (ttl === 'job' || kept === undefined ? job : kept.ports),
    by: { runId: context.runId, attempt: context.runAttempt },
    stopping,
  });
  const others = kept === undefined ? NOTHING_ELSE : await doWhatIsDue(kept, reports, work);
  await kept?.open.store.flush();
  const now = network.clock.now();
  return {
    reports,
    others: others.reports,
    problems: [],
    warnings: [...warnings, ...others.warnings],
    summary: summaryOf({
      environment: binding.environment,
      sentence,
      reports: [...reports, ...others.reports],
      warnings: [...warnings, ...others.warnings],
      now,
    }),
    ...(file !== undefined && { file }),
  };
}

type Kept = { readonly open: OpenState; readonly ports: Ports };

/** The state of the environment, after it is clear that this run may still make something for its owner. */
async function openKept(binding: Binding, { context, session }: Work): Promise<Kept> {
  refuseUnclear(binding);
  const { owner, environment } = binding;
  if (binding.ownerEnded === true) {
    throw new RegistrarError('owner_ended', {
      message: `Nothing is registered for ${environment}: its pull request is closed.`,
      hint: 'Use `command: delete` in this event to remove what it owns, or `command: sweep` to remove what any closed one owns.',
    });
  }
  const open = await session.open(environment);
  const name = owner && ownerName(owner);
  const tombstone = name === undefined ? undefined : open.state.tombstones?.[name];
  if (name !== undefined && tombstone !== undefined) {
    if (context.runId <= Number.parseInt(tombstone.run ?? '0', 10)) {
      throw new RegistrarError('owner_ended', {
        message: `Nothing is registered for ${environment}: what ${name.replace('_', ' ').replace(':', ' ')} owned was removed after this run had begun.`,
        hint: 'If it is open and is to have clients again, start a new run; re-running this one does not do.',
      });
    }
    await open.store.bury(name, undefined);
  }
  return { open, ports: await session.ports(open) };
}

type Others = { readonly reports: readonly ClientReport[]; readonly warnings: readonly string[] };

const NOTHING_ELSE: Others = { reports: [], warnings: [] };

/**
 * What the manifest no longer has: with `prune` it ends, else only what is due for it is done. Nothing is pruned while
 * a client of the manifest has failed, because apps may still need what is to go.
 */
async function doWhatIsDue(
  { open, ports }: Kept,
  done: readonly ClientReport[],
  { inputs, stopping }: Work,
): Promise<Others> {
  const keys = new Set(done.map(({ desired }) => desired.key));
  const now = ports.clock.now();
  const others = Object.values(open.state.registrations).filter((record) => !keys.has(record.key) && isAlive(record));
  const asked = inputs.prune && inputs.clients.length === 0;
  const prune = asked && done.every(({ problem }) => problem === undefined);
  const wanted = (record: RegistrationRecord): Performed =>
    prune && record.ending === undefined
      ? endRegistration(record, now, 'it is not in the manifest any more')
      : { record, events: [] };
  const due = others.filter((record) => !['done', 'wait', 'stop'].includes(nextStep(wanted(record).record, now).kind));
  return {
    reports: await Promise.all(
      due.map((record) => {
        const begun = wanted(record);
        return bringToRest({ record: begun.record, kept: record, ports, stopping, before: begun.events });
      }),
    ),
    warnings:
      asked && !prune && others.length > 0
        ? ['Nothing was pruned, because not all clients of the manifest are as asked.']
        : [],
  };
}
