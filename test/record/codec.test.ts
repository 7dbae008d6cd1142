import { describe, expect, it } from 'vitest';
import { isRegistrarError } from '../../shared/errors/registrar-error.ts';
import { decodeState, EMPTY_STATE, encodeState, type StandaloneState } from '../../shared/record/codec.ts';
import type { RegistrationRecord } from '../../shared/record/record.ts';
import { fullRecord, plainRecord } from './sample-record.ts';

const state: StandaloneState = {
  version: 1,
  registrations: { 'pr-42/web': fullRecord('pr-42/web'), 'pr-42/job': plainRecord('pr-42/job') },
  tombstones: { 'pull_request:41': { owner: { kind: 'pull_request', number: 41 }, since: 5, run: '7/1' } },
  savedBy: '7/1',
  savedWith: '1.2.3',
};

function failure(run: () => unknown): { readonly code: string; readonly message: string } {
  try {
    run();
  } catch (error) {
    if (isRegistrarError(error)) {
      return { code: error.code, message: error.message };
    }
    throw error;
  }
  throw new Error('nothing was thrown');
}

/** The sample with one place changed, as text. */
function changed(path: readonly (string | number)[], value: unknown): string {
  const copy = JSON.parse(JSON.stringify(state)) as Record<string | number, unknown>;
  let place = copy;
  for (const part of path.slice(0, -1)) {
    place = place[part] as Record<string | number, unknown>;
  }
  place[path.at(-1) ?? ''] = value;
  return JSON.stringify(copy);
}

/** Every member of the sample, with where it is. */
function* places(value: unknown, path: readonly (string | number)[] = []): Generator<readonly (string | number)[]> {
  if (typeof value === 'object' && value !== null) {
    for (const [name, member] of Object.entries(value)) {
      const place = [...path, Array.isArray(value) ? Number(name) : name];
      yield place;
      // Client metadata and keys are whatever JSON they are.
      if (!['metadata', 'requested', 'granted', 'publicJwk'].includes(name)) {
        yield* places(member, place);
      }
    }
  }
}

describe('the state codec', () => {
  it('gives back what was encoded, everything that a record can have included', () => {
    expect(decodeState(encodeState(state))).toEqual(state);
    expect(decodeState(encodeState(EMPTY_STATE))).toEqual(EMPTY_STATE);
  });

  it('keeps members that it does not know', () => {
    const text = changed(['registrations', 'pr-42/web', 'clients', 0, 'later'], { a: 1 });
    expect(encodeState(decodeState(text))).toContain('"later":{"a":1}');
  });

  it('notices every member that is of a wrong type, says where it is and shows no value', () => {
    const all = [...places(JSON.parse(JSON.stringify(state)))];
    expect(all.length).toBeGreaterThan(200);
    for (const path of all) {
      const { code, message } = failure(() => decodeState(changed(path, [['canary']])));
      expect(code, path.join(' › ')).toBe('state_damaged');
      expect(message).not.toContain('canary');
      expect(message).toContain(path.length === 1 ? path[0] : path.slice(0, 2).join(' › '));
    }
  });

  it.each([
    ['text that is no JSON', 'canary {'],
    ['a list', '[]'],
    ['nothing', 'null'],
    ['no version', '{"registrations":{}}'],
    ['a version that is no number', '{"version":"1","registrations":{}}'],
    ['a version that never was', '{"version":0,"registrations":{}}'],
    ['no registrations', '{"version":1}'],
    ['registrations that are a list', '{"version":1,"registrations":[]}'],
    ['a record that is nothing', '{"version":1,"registrations":{"a/b":null}}'],
  ])('calls %s damaged', (_what, text) => {
    const { code, message } = failure(() => decodeState(text));
    expect(code).toBe('state_damaged');
    expect(message).not.toContain('canary');
  });

  it('calls a record under the key of another damaged', () => {
    const text = JSON.stringify({ version: 1, registrations: { 'pr-1/web': plainRecord('pr-2/web') } });
    expect(failure(() => decodeState(text))).toEqual({
      code: 'state_damaged',
      message: 'The stored state cannot be used: the record under pr-1/web is of another registration.',
    });
  });

  it('knows state of a later version, whatever else is in it, and says which version saved it', () => {
    expect(failure(() => decodeState('{"version":2,"savedWith":"3.1.0"}'))).toEqual({
      code: 'state_newer',
      message: 'The state has a form that this version does not know. It was saved with version 3.1.0.',
    });
    expect(failure(() => decodeState('{"version":2,"savedWith":7}')).message).toBe(
      'The state has a form that this version does not know.',
    );
  });

  it('knows a record of a later version', () => {
    const text = changed(['registrations', 'pr-42/job'], { version: 2, key: 'pr-42/job' });
    expect(failure(() => decodeState(text)).code).toBe('state_newer');
  });

  it('encodes nothing that it could not read again', () => {
    const record = { ...plainRecord('a/b'), clients: 'none' } as unknown as RegistrationRecord;
    expect(failure(() => encodeState({ version: 1, registrations: { 'a/b': record } })).code).toBe('internal');
  });
});
