import { expect, test } from 'vitest';
import { environmentOfBranch as asTheActionHasIt } from '../../../action/binding/environment-name.ts';
import { environmentOfBranch } from '../../../worker/policy/branch-environment.ts';

test.each([
  'main',
  'feature/x',
  'Feature',
  'füür',
  '---',
  '日本語',
  'a'.repeat(41),
  `${'a'.repeat(39)}-b`,
  'renovate/npm_x-1.x',
  'x😀',
])('the Worker and the Action have one environment for branch %s', (branch) => {
  expect(environmentOfBranch(branch)).toBe(asTheActionHasIt(branch));
});
