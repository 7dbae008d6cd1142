import type { Server } from '../discovery/server.ts';
import { printable } from '../errors/printable.ts';
import type { Desired } from '../manifest/desired.ts';
import { oneStep } from '../reconcile/one-step.ts';
import type { Ports } from '../reconcile/ports.ts';
import { type Outcome, reconcile } from '../reconcile/reconcile.ts';
import { currentClient } from '../reconcile/record-queries.ts';
import type { Step } from '../reconcile/step.ts';
import { endRegistration } from '../reconcile/transitions.ts';
import { serverRecord, wantClient } from '../reconcile/want.ts';
import type { Client, RegistrationRecord } from '../record/record.ts';
import type { RegistrationApi } from '../registration/answer.ts';
import { sameMetadata } from '../registration/compare-metadata.ts';
import { leftBehind } from './left-behind.ts';
import { changedProbeClient } from './probe-client.ts';
import {
  deleteStep,
  type Heard,
  type ProbeReport,
  type ProbeStep,
  readStep,
  registerStep,
  tryStep,
  updateStep,
} from './probe-report.ts';

/** How long a probe waits for a server in trouble, and for the end of a call whose answer was lost. */
const PATIENCE = { patienceMs: 30_000, inFlightPatienceMs: 150_000 } as const;

/**
 * Registers a throw-away client, tries it, reads it, changes it, tries it again and deletes it, and tells what each
 * answer showed. Everything is saved before it is acted on, as for any registration, so that what a crash leaves behind
 * is in the store. Once a client exists it is deleted whatever happens to the steps between; what cannot be deleted is
 * in `left_behind`. Never rejects.
 */
export async function probeServer({
  server,
  desired,
  ports,
  stopping = () => false,
}: {
  readonly server: Server;
  /** See `probeClient`. */
  readonly desired: Desired;
  readonly ports: Ports;
  /** Asked before each step but the deletion: true goes on to the deletion at once. */
  readonly stopping?: () => boolean;
}): Promise<ProbeReport> {
  const heard: Heard = {};
  let withToken = false;
  const watched: Ports = {
    ...ports,
    api: listenTo(ports.api, heard),
    initialAccessToken: async (at) => {
      const token = await ports.initialAccessToken(at);
      withToken = token !== undefined;
      return token;
    },
  };
  const run = (record: RegistrationRecord, decide: (record: RegistrationRecord) => Step): Promise<Outcome> =>
    reconcile(record, watched, { ...PATIENCE, decide });

  const wanted = wantClient({ record: undefined, desired, server: serverRecord(server), now: ports.clock.now() });
  const registered = await run(wanted, oneStep({ kind: 'register', purpose: 'first' }));
  const steps: ProbeStep[] = [registerStep(registered, heard, withToken)];
  let record = registered.record;
  const clientId = currentClient(record)?.clientId;
  if (clientId !== undefined) {
    for (const { step, run: go } of middle(heard, run)) {
      const client = currentClient(record) as Client;
      const why = stopping() ? 'interrupted' : whyNot(step, client, steps);
      if (why !== undefined) {
        steps.push({ step, result: 'skipped', showed: [printable(why)] });
        continue;
      }
      const { outcome, report } = await go(record, client);
      record = outcome.record;
      steps.push(report);
    }
    const ending = endRegistration(record, ports.clock.now(), 'the probe is over').record;
    const ended = await reconcile(ending, watched, { ...PATIENCE, kept: record });
    record = ended.record;
    steps.push(deleteStep(ended));
  }
  return {
    steps,
    ...(clientId !== undefined && { client_id: printable(clientId) }),
    used_initial_access_token: withToken,
    update_replaces_secret: record.traits.updateReplacesSecret === true,
    left_behind: leftBehind(record),
  };
}

/** Deletes what an earlier probe left behind when it was killed. Never rejects. */
export async function endProbe(record: RegistrationRecord, ports: Ports): Promise<Outcome> {
  const ending = endRegistration(record, ports.clock.now(), 'an earlier probe was not finished').record;
  return reconcile(ending, ports, { ...PATIENCE, kept: record });
}

type Runner = (record: RegistrationRecord, decide: (record: RegistrationRecord) => Step) => Promise<Outcome>;

type MiddleStep = {
  readonly step: ProbeStep['step'];
  readonly run: (
    record: RegistrationRecord,
    client: Client,
  ) => Promise<{ readonly outcome: Outcome; readonly report: ProbeStep }>;
};

function middle(heard: Heard, run: Runner): readonly MiddleStep[] {
  const attempt = (step: 'try' | 'try again'): MiddleStep => ({
    step,
    run: async (record, client) => {
      const outcome = await run(record, oneStep({ kind: 'verify', client }));
      return { outcome, report: tryStep(step, outcome) };
    },
  });
  return [
    attempt('try'),
    {
      step: 'read',
      run: async (record, client) => {
        const outcome = await run(record, oneStep({ kind: 'read', client }));
        return { outcome, report: readStep(outcome, heard) };
      },
    },
    {
      step: 'update',
      run: async (record) => {
        const outcome = await run({ ...record, desired: changedProbeClient(record.desired) }, untilUpdated());
        return { outcome, report: updateStep(outcome, heard) };
      },
    },
    attempt('try again'),
  ];
}

function whyNot(step: ProbeStep['step'], client: Client, before: readonly ProbeStep[]): string | undefined {
  if (step === 'try') return undefined;
  if (client.access === undefined) return client.accessWithheld;
  if (step !== 'try again') return undefined;
  return before.some((done) => done.step === 'update' && done.result === 'worked') ? undefined : 'nothing was updated';
}

/** A server that wants the secret in an update is asked once more, with it. */
function untilUpdated(): (record: RegistrationRecord) => Step {
  let attempts = 0;
  return (record) => {
    const client = currentClient(record) as Client;
    const over = attempts === 2 || record.backOff !== undefined || record.call !== undefined;
    const answered = sameMetadata(client.requested, record.desired.metadata) || client.uncertain === true;
    const wantsSecret = attempts === 0 || record.traits.updateWantsSecret === true;
    if (over || answered || !wantsSecret) return { kind: 'done' };
    attempts += 1;
    return { kind: 'update', client, purpose: 'changed' };
  };
}

function listenTo(api: RegistrationApi, heard: Heard): RegistrationApi {
  return {
    register: async (request) => {
      const answer = await api.register(request);
      if (answer.kind !== 'too_late') heard.register = answer;
      return answer;
    },
    read: async (access) => {
      const answer = await api.read(access);
      heard.read = answer;
      return answer;
    },
    update: async (access, body) => {
      const answer = await api.update(access, body);
      heard.update = answer;
      return answer;
    },
    remove: (access) => api.remove(access),
  };
}
