import { expect, it } from 'vitest';
import { stopError } from '../../shared/reconcile/stop-error.ts';
import { client, NOW, record } from './build.ts';

const refused = { at: NOW, outcome: 'refused', reason: 'the server answers invalid_client', traits: {} } as const;

it('credentials that were given to adopt a client are what to check when they do not work', () => {
  const adopted = client({ purpose: 'adopted', verification: refused });
  const error = stopError(record({ clients: [adopted] }), 'credentials_refused', adopted);
  expect(error.message).toContain('client client-1 was taken over, but the server answers invalid_client.');
  expect(error.hint).toContain('`client-id` and `client-secret`');
});

it('credentials that the server issued are not what a person gave', () => {
  const issued = client({ verification: refused });
  const error = stopError(record({ clients: [issued] }), 'credentials_refused', issued);
  expect(error.message).toContain('client client-1 was registered, but');
  expect(error.hint).not.toContain('that were given');
});

it('an adopted client that stops for another reason has the hint of that reason', () => {
  const adopted = client({ purpose: 'adopted' });
  const error = stopError(record({ clients: [adopted] }), 'update_unsupported', adopted);
  expect(error.hint).not.toContain('that were given');
});
