import { describe, expect, it } from 'vitest';
import { publicationKey } from '../../shared/publish/publish-place.ts';
import { publication, secret, variable } from './setup.ts';

describe('publicationKey', () => {
  it('is equal for one name at GitHub: letter case does not count, kind and environment do', () => {
    const key = publicationKey(publication(secret('Fhir_Id'), {}, 'Production'));
    expect(publicationKey(publication(secret('FHIR_ID'), {}, 'production'))).toBe(key);
    expect(publicationKey(publication(variable('FHIR_ID'), {}, 'production'))).not.toBe(key);
    expect(publicationKey(publication(secret('FHIR_ID')))).not.toBe(key);
  });

  it('is equal whatever part of the credentials is under the name', () => {
    const key = publicationKey(publication(secret('A', 'json')));
    expect(publicationKey(publication(secret('A', 'client_secret'), { state: 'written', of: 'x' }))).toBe(key);
  });
});
