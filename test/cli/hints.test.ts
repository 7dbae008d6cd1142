import { expect, test } from 'vitest';
import { hintFor } from '../../cli/hints.ts';
import { CATALOG } from '../../shared/errors/catalog.ts';
import { RegistrarError } from '../../shared/errors/registrar-error.ts';

test('a token that was refused is tried once more first, at a terminal as in a job', () => {
  const first = /^Run it again: the token is tried once more\./u;
  expect(hintFor(new RegistrarError('access_refused', { message: '' }))).toMatch(first);
  expect(CATALOG.access_refused.hint).toMatch(first);
});
