import { expect } from 'vitest';
import type { ApplyAnswer, ApplyBody, ErrorAnswer } from '../../../shared/api/worker-api.ts';
import type { AuthorizationServer } from '../../support/authorization-server.ts';
import { type Claims, pullRequestRun } from './issuer.ts';
import type { UnreliableWorker } from './unreliable.ts';
import { type Answer, wish } from './worker.ts';

/** Longer than any call, and any lease, lasts. */
const LONG_MS = 300_000;
/** More than any of the journeys has. */
const MOST_CALLS = 40;

type Journey = {
  readonly before?: () => Promise<unknown>;
  readonly work: () => Promise<{ readonly status: number; readonly body: { readonly error?: string } }>;
  /** What has to be true then, once the alarm has had its time. */
  readonly afterwards: (at: string) => Promise<void>;
};

export type BrokenOff = ReturnType<typeof brokenOff>;

/** One preview after another, each with an object that is evicted at another of its calls. */
export function brokenOff(server: AuthorizationServer, desired: (number: number) => Partial<ApplyBody['desired']>) {
  let worker: UnreliableWorker;
  /** Calls until the object is evicted: the other end acts on that one, and nobody is there for the answer. */
  let callsLeft = Number.POSITIVE_INFINITY;
  let number = 0;
  let runs = 100;

  const key = () => `pr-${number}/web`;
  const claims = (): Claims => {
    runs += 1;
    return pullRequestRun(number, { run_id: String(runs) });
  };
  const deploy = (): Promise<Answer<ApplyAnswer & ErrorAnswer>> =>
    worker.apply(key(), { ...wish(server, desired(number)), owner: { kind: 'pull_request', number } }, claims());

  /** Every client at the server is in the ledger and has not ended, or is one that is said to be possible. */
  const accountedFor = async (at: string): Promise<void> => {
    const rows = await worker.sql('SELECT client_id FROM ledger WHERE ended IS NULL');
    const known = new Set(rows.map(({ client_id: id }) => id));
    const unknown = server.clients().filter(({ clientId }) => !known.has(clientId));
    const summaries = await worker.sql('SELECT summary FROM registrations');
    const suspects = summaries.map(
      ({ summary }) => (JSON.parse(String(summary)) as { suspects?: number }).suspects ?? 0,
    );
    expect(unknown.length, at).toBeLessThanOrEqual(suspects.reduce((sum, each) => sum + each, 0));
    for (const id of known) expect(server.client(String(id)), at).toBeDefined();
  };

  return {
    of: (started: UnreliableWorker) => {
      worker = started;
    },
    /** To be waited for at each call that the object may be evicted at. */
    call: async (): Promise<void> => {
      callsLeft -= 1;
      if (callsLeft === 0) await worker.breakOff();
    },
    isCounting: () => Number.isFinite(callsLeft),
    number: () => number,
    key,
    claims,
    deploy,
    rotate: () => worker.send('POST', `${key()}/rotate`, { body: { now: true }, claims: claims() }),
    end: () => worker.send('DELETE', key(), { claims: claims() }),
    pass: () => worker.pass(LONG_MS),
    /** A deploy works, and hands out a client that the server knows. */
    inUse: async (at: string): Promise<string> => {
      const { status, body } = await deploy();
      expect([status, body.error], at).toEqual([200, undefined]);
      const client = server.client(body.credentials.client_id);
      expect(client?.metadata.client_secret, at).toBe(body.credentials.client_secret);
      return body.credentials.client_id;
    },
    /** Does it for one preview after another, each time broken off one call later, until it ends before that. */
    everywhere: async (journey: Journey): Promise<number> => {
      for (let call = 1; call <= MOST_CALLS; call += 1) {
        number += 1;
        await journey.before?.();
        callsLeft = call;
        const { status, body } = await journey.work();
        const broken = callsLeft <= 0;
        callsLeft = Number.POSITIVE_INFINITY;
        const at = `broken off at call ${call}`;
        expect([status, body.error], at).toEqual(broken ? [503, 'worker_restarted'] : [200, undefined]);
        await worker.pass(LONG_MS);
        await journey.afterwards(at);
        await accountedFor(at);
        if (!broken) return call - 1;
      }
      throw new Error('there is no end to it');
    },
  };
}
