import { expect, test } from 'vitest';
import { changesSomething, type Event } from '../../shared/reconcile/event.ts';

const ID = { clientId: 'c1' };

test.each<readonly [string, Event, boolean]>([
  ['a registered client', { kind: 'registered', ...ID, purpose: 'first' }, true],
  ['published credentials', { kind: 'published', ...ID, names: ['secret A'] }, true],
  ['a deleted client', { kind: 'deleted', ...ID, reason: 'deleted' }, true],
  ['a verification', { kind: 'verified', ...ID, outcome: 'works', reason: 'a token' }, false],
  ['an orphan', { kind: 'orphaned', ...ID, reason: 'no way' }, false],
])('%s is a change or not, as it should be', (_, event, changes) => {
  expect(changesSomething([{ kind: 'ending', reason: 'over' }, event])).toBe(changes);
});

test('nothing changes where nothing happened', () => {
  expect(changesSomething([])).toBe(false);
});
