import { expect, test } from 'vitest';
import type { PublishItem, PublishTarget } from '../../../shared/manifest/desired.ts';
import { missingRights, rightsToPublish } from '../../../worker/github-app/rights.ts';

const secret: PublishItem = { kind: 'secret', name: 'A', field: 'client_secret' };
const variable: PublishItem = { kind: 'variable', name: 'B', field: 'client_id' };
const target = (changes: Partial<PublishTarget>): PublishTarget => ({
  kind: 'github',
  createEnvironment: false,
  items: [secret, variable],
  ...changes,
});

test.each<[string, PublishTarget[], Record<string, string>]>([
  ['nothing', [], {}],
  ['a secret', [target({ items: [secret] })], { secrets: 'write' }],
  ['a variable', [target({ items: [variable] })], { actions_variables: 'write' }],
  ['an environment', [target({ environment: 'production' })], { environments: 'write' }],
  [
    'an environment to be made, and the repository',
    [target({ environment: 'pr-1', createEnvironment: true }), target({})],
    {
      environments: 'write',
      administration: 'write',
      actions: 'read',
      secrets: 'write',
      actions_variables: 'write',
    },
  ],
])('publishing %s takes', (_what, targets, rights) => {
  expect(rightsToPublish(targets)).toEqual(rights);
});

test('a right to write is one to read, and one to administer is both', () => {
  expect(missingRights({ a: 'read', b: 'write', c: 'read' }, { a: 'write', b: 'admin', c: 'read' })).toEqual([]);
  expect(missingRights({ a: 'write', b: 'read' }, { a: 'read' })).toEqual(['a: write', 'b: read']);
});
