import { existsSync } from 'node:fs';
import { posix } from 'node:path';
import { describe, expect, test } from 'vitest';
import { filesUnder, ROOT, read } from './files.ts';

const texts = filesUnder('').filter(
  (file) => /^[^/]+\.md$|^(?:docs|examples|\.github)\//u.test(file) && /\.(?:md|ya?ml|json)$/u.test(file),
);
const documents = texts.filter((file) => file.endsWith('.md'));

const MACHINE = [
  /(?<![\w.~}-])\/(?:home|root|Users|work|workspace|private|mnt)\/\S*/gu,
  /\b[A-Z]:\\\S+/gu,
  /https?:\/\/(?:[\w-]+\.)*(?:artifactory|jfrog|nexus|verdaccio|npm-proxy|pkg\.dev)\b\S*/giu,
  /\b(?:localhost|127\.0\.0\.1):\d{4,5}\/(?:npm|repository|simple)\b\S*/gu,
];

test('there are documents to check', () => {
  expect(documents).toEqual(
    expect.arrayContaining(['CHANGELOG.md', 'CONTRIBUTING.md', 'SECURITY.md', 'docs/dependencies.md']),
  );
});

test('the threat model names tests that exist, and SECURITY.md leads to it', () => {
  const named = read('docs/threat-model.md').match(/\btest\/[\w/-]+(?:\.test\.ts)?/gu) ?? [];
  expect(named.length).toBeGreaterThan(50);
  expect(named.filter((file) => !existsSync(ROOT + file))).toEqual([]);
  expect(read('SECURITY.md')).toContain('](docs/threat-model.md)');
});

test.each(texts)('%s holds for every machine', (file) => {
  expect(MACHINE.flatMap((pattern) => read(file).match(pattern) ?? [])).toEqual([]);
});

describe.each(documents)('%s', (file) => {
  const prose = read(file).replace(/^(?<fence>`{3,}|~{3,})[\s\S]*?^\k<fence>/gmu, '');
  const targets = [...prose.matchAll(/\]\((?<target>[^)\s]+)\)/gu)].map((match) => match.groups?.target ?? '');

  test('links to what exists', () => {
    const local = targets.filter((target) => !/^[a-z]+:/u.test(target)).map((target) => target.split('#')[0] ?? '');
    const missing = local.filter(
      (target) => target !== '' && !existsSync(ROOT + posix.join(posix.dirname(file), target)),
    );
    expect(missing).toEqual([]);
  });

  test('links with https', () => {
    expect(targets.filter((target) => target.startsWith('http:'))).toEqual([]);
  });
});
