import { posix } from 'node:path';
import { describe, expect, test } from 'vitest';
import { CANDIDATES } from '../interop/candidates.ts';
import { filesUnder, read, withoutComments } from './files.ts';

const IMPORT =
  /\b(?:import|export)\s*(?<type>type\s)?(?:[^'";]*?\bfrom\s*|\(\s*)?(?<quote>['"])(?<target>[^'"]+)\k<quote>/gu;

type Import = { readonly target: string; readonly typeOnly: boolean };

/** What a file imports; relative imports as paths from the root. */
function importsOf(file: string): Import[] {
  return [...withoutComments(read(file)).matchAll(IMPORT)].map(({ groups }) => {
    const target = groups?.target ?? '';
    const relative = target.startsWith('.');
    return {
      target: relative ? posix.join(posix.dirname(file), target) : target,
      typeOnly: groups?.type !== undefined,
    };
  });
}

/** What a file imports that matches. */
function offending(file: string, pattern: RegExp): string[] {
  return importsOf(file).flatMap(({ target }) => (pattern.test(target) ? [target] : []));
}

/** A room of shared/ may use rooms of its own rank and lower ones. */
const RANKS: Readonly<Record<string, number>> = {
  base64: 0,
  errors: 0,
  json: 0,
  ports: 0,
  http: 1,
  manifest: 1,
  discovery: 2,
  publish: 2,
  record: 2,
  registration: 2,
  reconcile: 3,
  doctor: 4,
  api: 4,
};

const roomOf = (path: string): string => path.split('/')[1] ?? '';
const sharedFiles = filesUnder('shared', '.ts');
const rooms = [...new Set(sharedFiles.map(roomOf))];

/** The other rooms that a room uses. */
function usedBy(room: string, which: (imported: Import) => boolean): string[] {
  const imports = sharedFiles.filter((file) => roomOf(file) === room).flatMap(importsOf);
  const used = imports.filter(({ target }) => target.startsWith('shared/')).filter(which);
  return [...new Set(used.map(({ target }) => roomOf(target)))].filter((other) => other !== room);
}

test('imports are found in every form', () => {
  expect(importsOf('test/repository/fixtures/imports.txt')).toEqual([
    { target: 'node:path', typeOnly: false },
    { target: 'vitest', typeOnly: true },
    { target: 'test/repository/several-lines.ts', typeOnly: false },
    { target: 'test/repository/fixtures/again.ts', typeOnly: false },
    { target: 'test/repository/fixtures/again-types.ts', typeOnly: true },
    { target: 'side-effect', typeOnly: false },
    { target: 'later', typeOnly: false },
  ]);
});

test.each(sharedFiles)('%s runs wherever the Web platform does', (file) => {
  expect(
    offending(file, /^(?:node:|cloudflare:|@cloudflare\/|@actions\/|undici$|action\/|worker\/|test\/|\.\.)/u),
  ).toEqual([]);
});

test.each(filesUnder('worker', '.ts'))('%s needs neither Node nor Actions', (file) => {
  expect(offending(file, /^(?:node:|@actions\/|undici$|action\/|test\/|\.\.)/u)).toEqual([]);
});

test.each(filesUnder('action', '.ts'))('%s needs neither Cloudflare nor the Worker', (file) => {
  expect(offending(file, /^(?:cloudflare:|@cloudflare\/|worker\/|test\/|\.\.)/u)).toEqual([]);
});

const tool = filesUnder('cli', '.ts');

test.each(tool)('%s needs neither Cloudflare nor the Worker nor the runner', (file) => {
  expect(offending(file, /^(?:cloudflare:|@cloudflare\/|@actions\/|worker\/|test\/|\.\.)/u)).toEqual([]);
});

test('what the tool uses of the Action does not talk to the runner', () => {
  const reached = new Set<string>();
  const pending = tool.filter((file) => file !== 'cli/build.ts');
  for (let file = pending.pop(); file !== undefined; file = pending.pop()) {
    for (const { target, typeOnly } of importsOf(file)) {
      if (typeOnly || reached.has(target)) continue;
      reached.add(target);
      if (/^(?:action|cli)\/.*\.ts$/u.test(target)) pending.push(target);
    }
  }
  expect([...reached].filter((target) => target.startsWith('@actions/'))).toEqual([]);
  expect(reached).toContain('action/bring-to-rest.ts');
});

describe('dependencies in shared/ point one way', () => {
  test('every room has a rank', () => {
    expect(rooms.filter((room) => RANKS[room] === undefined)).toEqual([]);
  });

  test.each(rooms)('%s uses no room above it', (room) => {
    const rank = (name: string): number => RANKS[name] ?? Number.POSITIVE_INFINITY;
    expect(usedBy(room, () => true).filter((other) => rank(other) > rank(room))).toEqual([]);
  });

  test.each(rooms)('%s does not run by way of itself', (room) => {
    const reached = new Set<string>();
    const pending = [room];
    for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
      const fresh = usedBy(next, ({ typeOnly }) => !typeOnly).filter((other) => !reached.has(other));
      for (const other of fresh) reached.add(other);
      pending.push(...fresh);
    }
    expect([...reached]).not.toContain(room);
  });
});

const VENDORS =
  /keycloak|glewlwyd|lemonldap|hydra|authlib|mitreid|openemr|oidc-provider|better-?auth|modelcontextprotocol|workers-oauth|django/giu;

test.each(['shared', 'action', 'worker', 'cli'].flatMap((room) => filesUnder(room, '.ts')))(
  '%s knows no vendor: behaviour is observed',
  (file) => {
    expect(withoutComments(read(file)).match(VENDORS) ?? []).toEqual([]);
  },
);

test('every server of the interoperability run is among these vendors', () => {
  const titles = CANDIDATES.map(({ title }) => title);
  expect(titles.filter((title) => title.match(VENDORS) === null)).toEqual([]);
});

test('comments are told from code', () => {
  const source = "/**\n * one\n */\nconst a = 'https://two.example'; // three\n// four\nconst b = 5;\n";
  expect(withoutComments(source).match(/one|two|three|four|5/gu)).toEqual(['two', '5']);
});
