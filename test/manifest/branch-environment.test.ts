import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { branchEnvironment } from '../../shared/manifest/branch-environment.ts';

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

test.each([
  ['main', 'branch-main'],
  ['release-1', 'branch-release-1'],
  ['feature/x', `branch-feature-x-${sha256('feature/x').slice(0, 16)}`],
  ['Main', `branch-main-${sha256('Main').slice(0, 16)}`],
  ['---', `branch-${sha256('---').slice(0, 16)}`],
  ['x-0123456789abcdef', `branch-x-0123456789abcdef-${sha256('x-0123456789abcdef').slice(0, 16)}`],
])('the environment of branch %s is %s', (branch, environment) => {
  expect(branchEnvironment(branch, sha256)).toBe(environment);
});

test('a long name still fits into one label of a host name, and no two branches share an environment', () => {
  const long = 'a'.repeat(60);
  const names = [long, `${long}b`].map((branch) => branchEnvironment(branch, sha256));
  expect(names.every((name) => name.length <= 63)).toBe(true);
  expect(new Set(names).size).toBe(2);
});
