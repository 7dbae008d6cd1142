import { describe, expect, it } from 'vitest';
import { parseDocument } from '../../shared/manifest/parse-document.ts';
import { failure, problems, read } from './reading.ts';

const parse = (text: string) => parseDocument(text, 'clients.yml');

describe('a manifest as text', () => {
  it.each([
    ['YAML', 'a: 1\nb: [x, {c: true}]', { a: 1, b: ['x', { c: true }] }],
    [
      'JSON with tabs, escapes and surrogates',
      '{\n\t"a": "\\ud83d\\ude00\\/",\n\t"b": [\n\t\t1\n\t]\n}',
      { a: '😀/', b: [1] },
    ],
    [
      'YAML 1.1 by its own word, still read as 1.2',
      '%YAML 1.1\n---\na: yes\nb: 2001-01-01',
      { a: 'yes', b: '2001-01-01' },
    ],
    ['anchors and merge keys', 'a: &x {b: 1}\nc: {<<: *x, d: 2}', { a: { b: 1 }, c: { b: 1, d: 2 } }],
    ['numbers as keys', '1: a', { 1: 'a' }],
    ['nothing', '# only a comment', null],
  ])('is read from %s', (_, text, value) => {
    expect(parse(text).value).toEqual(value);
  });

  it.each([
    ['an open list', 'a: [1\nb: 2', 2],
    ['a duplicate key', 'a: 1\nb: 2\na: 3', 3],
    ['a duplicate key deep inside', 'a:\n  b: 1\n  b: 2', 3],
    ['two documents', 'a: 1\n---\nb: 2', 2],
    ['a tag', 'a: 1\nb: !!binary aGk=', 2],
    ['an invented tag', 'a: !run x', 1],
    ['a list as a key', 'x: 1\n? [a]\n: b', 2],
  ])('is unreadable with %s, and the line is named', (_, text, line) => {
    const error = failure(() => parse(text));
    expect(error.code).toBe('manifest_unreadable');
    expect(error.problems[0]?.line).toBe(line);
    expect(error.message).toContain(`line ${line}`);
  });

  it.each([
    ['an alias of nothing', 'a: *nothing', 'cannot be expanded'],
    ['a merge of something that is no object', '<<: 3', 'cannot be expanded'],
    ['absurd nesting', '['.repeat(100_000), 'nested too deep'],
    ['a huge file', ' '.repeat(300_000), 'larger than 256 KiB'],
  ])('is unreadable with %s', (_, text, message) => {
    const error = failure(() => parse(text));
    expect(error.code).toBe('manifest_unreadable');
    expect(error.message).toContain(message);
  });

  it.each([4, 12])('does not expand a bomb of aliases, %i levels high', (length) => {
    const levels = Array.from({ length }, (_, level) =>
      level === 0
        ? 'a0: &a0 [x, x, x, x, x, x, x, x, x]'
        : `a${level}: &a${level} [${`*a${level - 1}, `.repeat(8)}*a${level - 1}]`,
    );
    expect(problems(levels.join('\n'))[0]).toBe('manifest_unreadable');
  });

  it('checks many keys for duplicates without comparing each with each', () => {
    const text = Array.from({ length: 10_000 }, (_, index) => `key${index}: 1`).join('\n');
    expect(Object.keys(parse(text).value as object)).toHaveLength(10_000);
  });

  it('shows at most twenty syntax errors', () => {
    const error = failure(() => parse(Array.from({ length: 30 }, () => 'same: 1').join('\n')));
    expect(error.problems).toHaveLength(20);
  });

  it.each([
    ['__proto__ in YAML', '__proto__: {polluted: true}', '__proto__'],
    ['__proto__ in JSON', '{"clients": {"__proto__": {"polluted": true}}}', 'clients.__proto__'],
    ['__proto__ through a merge key', 'a:\n  <<: {__proto__: {polluted: true}}', 'a.__proto__'],
    ['a number that JSON lacks', 'a: [1, .nan]', 'a[1]'],
    ['lists in lists in lists', `a: ${'['.repeat(50)}${']'.repeat(50)}`, 'a[0][0][0][0][0]'],
    ['a list that contains itself', 'a: &a [*a]', 'a[0]'],
  ])('is invalid with %s', (_, text, path) => {
    const error = failure(() => parse(text));
    expect(error.code).toBe('manifest_invalid');
    expect(error.problems[0]?.path).toBe(path);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  it.each(['constructor', 'toString', 'hasOwnProperty', 'prototype'])('may have a client named %s', (name) => {
    const text = JSON.stringify({
      version: 1,
      clients: { [name]: { server: 'https://as.example.org', type: 'backend' } },
      environments: { 'pr-*': { [name]: { strict: true } } },
    });
    expect(read(text).desired).toMatchObject([{ name, strict: true }]);
  });

  it.each([
    [[], 1],
    [['a'], 1],
    [['c', 'b'], 1],
    [['c', 'd'], 4],
    [['c', 'e'], 3],
    [['c', 'f'], 3],
    [['c', 'nothing'], 2],
    [['list', 1], 7],
    [['list', 9], 5],
    [['aliased', 'b'], 1],
    [['c', 'd', 'deeper'], 4],
  ])('knows the line of %j', (at, line) => {
    const text = 'a: &x {b: 1}\nc:\n  <<: [*x, {e: 3, f: 4}]\n  d: 2\nlist:\n  - 1\n  - 2\naliased: *x';
    expect(parse(text).positionOf(at)?.line).toBe(line);
  });

  it.each([
    ['an empty key', '? \n: b', ['']],
    ['an empty value', 'a:\nb:', ['b']],
    ['a flow map without values', '{a, b}', ['b', 'c']],
    ['a pair in a list', 'l: [1, a: 2]', ['l', 1, 'a']],
    ['an empty item', 'l:\n  - 1\n  -', ['l', 1]],
  ])('gives every place in %s a line', (_, text, at) => {
    expect(parse(text).positionOf(at)?.line).toBeGreaterThan(0);
    expect(parse(text).positionOf(at)?.offset).toBeGreaterThanOrEqual(0);
  });

  it('has no lines when it is empty', () => {
    expect(parse('').positionOf(['a'])).toBeUndefined();
  });
});
