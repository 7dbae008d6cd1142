import { expect, test } from 'vitest';
import { asList, asMembers, asText, asTexts, asUrl, known } from '../../shared/discovery/read-members.ts';

test('an object is an object, nothing else is', () => {
  expect(asMembers({ a: 1 })).toEqual({ a: 1 });
  for (const value of [null, undefined, [], 'x', 1, true]) expect(asMembers(value)).toBeUndefined();
});

test('a list keeps its objects; a single object is a list of one', () => {
  expect(asList([{ a: 1 }, 2, null, [{ b: 2 }], { c: 3 }])).toEqual([{ a: 1 }, { c: 3 }]);
  expect(asList({ a: 1 })).toEqual([{ a: 1 }]);
  for (const value of [undefined, null, 'x', 1]) expect(asList(value)).toEqual([]);
});

test('a text is trimmed and not empty', () => {
  expect(asText(' a ')).toBe('a');
  for (const value of ['', '  ', 1, null, ['a']]) expect(asText(value)).toBeUndefined();
});

test('texts come from a list or from one text with blanks', () => {
  expect(asTexts(['a', 1, '', 'b'])).toEqual(['a', 'b']);
  expect(asTexts('openid  fhirUser')).toEqual(['openid', 'fhirUser']);
  for (const value of [[], '', {}, 7, null, [1]]) expect(asTexts(value)).toBeUndefined();
});

test('an absolute URL stays as written, a relative one needs a base', () => {
  expect(asUrl('HTTPS://As.example//reg?x=1')).toBe('HTTPS://As.example//reg?x=1');
  expect(asUrl('reg', 'https://h.example/fhir/')).toBe('https://h.example/fhir/reg');
  expect(asUrl('/reg', 'https://h.example/fhir/')).toBe('https://h.example/reg');
  expect(asUrl('//as.example/reg', 'https://h.example/fhir/')).toBe('https://as.example/reg');
  expect(asUrl('reg')).toBeUndefined();
  for (const hostile of [
    'https://x\n::add-mask::true',
    'https://x/$(id)',
    'https://x/`id`',
    "https://x/';id",
    'ftp://x/',
    'https://\u212Aey.example/',
    'http\u017F://as.example/',
  ]) {
    expect(asUrl(hostile)).toBeUndefined();
  }
  expect(asUrl('/$(id)', 'https://h.example/')).toBeUndefined();
  expect(asUrl('http://[', 'https://h.example/')).toBeUndefined();
  for (const value of [undefined, null, 42, '', {}, ['https://a.example']])
    expect(asUrl(value, 'https://h/')).toBeUndefined();
});

test('what is undefined is left out', () => {
  expect(Object.keys(known({ a: undefined, b: null, c: 0 }))).toEqual(['b', 'c']);
});
