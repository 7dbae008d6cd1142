import { describe, expect, it } from 'vitest';
import { nextStep } from '../../shared/reconcile/next-step.ts';
import type { Step } from '../../shared/reconcile/step.ts';
import type { RegistrationRecord } from '../../shared/record/record.ts';
import { CHANGED, client, DAY, desired, HOUR, NOW, ROTATION, without } from './build.ts';

export const call = { clientId: 'client-1', verb: 'update', startedAt: NOW - HOUR, limitAt: NOW } as const;
export const next = client({ clientId: 'client-2', role: 'next', purpose: 'rotation' });
export const retiring = client({ clientId: 'client-0', role: 'retiring', retiringSince: NOW - 2 * DAY });
export const leaving = client({ clientId: 'client-0', role: 'leaving' });
export const unverified = without(client(), 'verification');
export const bare = { ...without(client(), 'access'), accessSeen: 'untried' as const };
export const asked = (strategy: 'replace' | 'in-place', reason: 'asked' | 'leak' = 'asked') => ({
  rotation: { reason, strategy, startedAt: NOW },
});
export const changed = (more: Parameters<typeof desired>[0] = {}) => ({
  desired: desired({ metadata: CHANGED, ...more }),
});
export const ending = { ending: { since: NOW, reason: 'the pull request was closed' } };
export const verified = (outcome: 'works' | 'refused' | 'unknown') => ({
  verification: { outcome, at: NOW, reason: '' },
});
export const rotating = (more: Partial<typeof ROTATION> = {}) => ({
  desired: desired({ rotation: { ...ROTATION, ...more } }),
});

export type Row = readonly [
  sentence: string,
  record: RegistrationRecord,
  /** What the step has to have, with the id of its client as `of`. */
  step: Partial<Step> & { readonly of?: string },
];

/** One test per row: the step that follows from the record. */
export function decides(tables: Readonly<Record<string, readonly Row[]>>): void {
  for (const [subject, rows] of Object.entries(tables)) {
    describe(subject, () => {
      it.each(rows)('%s', (_sentence, before, { of, ...expected }) => {
        const step = nextStep(before, NOW);
        const shown = 'client' in step && step.client ? { ...without(step, 'client'), of: step.client.clientId } : step;
        expect(shown).toMatchObject(of === undefined ? expected : { ...expected, of });
        if (expected.kind === 'done') expect(step).toEqual(expected);
      });
    });
  }
}
