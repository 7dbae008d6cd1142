import { expect, it } from 'vitest';
import { Parser } from 'yaml';
import { refuseHostileText } from '../../shared/manifest/refuse-hostile-text.ts';

const LARGEST = 256 * 1024;
const filled = (unit: string) => unit.repeat(Math.floor(LARGEST / unit.length));
const stairs = (unit: string) => Array.from({ length: 600 }, (_, depth) => `${' '.repeat(depth)}${unit}`).join('\n');

/** What is said of a text, and how many pieces of it were looked at for that. */
function refusalOf(text: string): readonly [string | undefined, number] {
  const { next } = Parser.prototype;
  let pieces = 0;
  Parser.prototype.next = function (piece) {
    pieces += 1;
    return next.call(this, piece);
  };
  try {
    return [refuseHostileText(text), pieces];
  } finally {
    Parser.prototype.next = next;
  }
}

const NESTED = ['[', '{', '[[],', '{a:', 'a: [', 'a: a: ', '- ', '? ', '- [', '[{'];

it.each([...NESTED.map(filled), stairs('a:'), stairs('-')])(
  'a text that is nested without end is not read to its end (%#)',
  (text) => {
    const [refusal, pieces] = refusalOf(text);
    expect(refusal).toBe('it is nested too deep');
    expect(pieces).toBeLessThan(1_200);
  },
);

it.each(['a: 1\n', '%a\n', '&a ', '"'].map(filled))(
  'a text that is nothing but syntax is not read to its end (%#)',
  (text) => {
    expect(refusalOf(text)).toEqual(['it has more than 100000 pieces of syntax', 100_000]);
  },
);

it('a text that is too long is not read at all', () => {
  expect(refusalOf(`${filled(' ')} `)).toEqual(['it is larger than 256 KiB', 0]);
});

it('hundreds of clients are read', () => {
  const clients = Array.from(
    { length: 400 },
    (_, index) => `  client${index}:
    server: https://fhir.example.org/r4
    type: confidential
    metadata:
      client_name: Growth chart (\${environment})
      redirect_uris: ["\${url}/callback", "\${url}/second/callback"]
      scope: launch/patient openid fhirUser patient/*.rs
    publish:
      github:
        variables: { client_id: FHIR_CLIENT_ID_${index} }
        secrets: { client_secret: FHIR_CLIENT_SECRET_${index} }
    rotate: { every: 30d, overlap: 24h, client_id: may_change }`,
  );
  const text = `version: 1\nclients:\n${clients.join('\n')}`;
  expect(text.length).toBeGreaterThan(180_000);
  expect(refuseHostileText(text)).toBeUndefined();
});
