import { expect, test } from 'vitest';
import {
  directoryOf,
  fhirMetadataPlace,
  issuerMetadataPlaces,
  smartConfigurationPlace,
} from '../../shared/discovery/well-known-urls.ts';

test.each([
  ['https://h.example/fhir', 'https://h.example/fhir/'],
  ['https://h.example/fhir/', 'https://h.example/fhir/'],
  ['https://h.example', 'https://h.example/'],
  ['https://h.example/', 'https://h.example/'],
  ['https://h.example/a%20b/fhir?x=1#y', 'https://h.example/a%20b/fhir/'],
  ['https://h.example:8443/fhir', 'https://h.example:8443/fhir/'],
])('a FHIR base %s has its documents below %s', (base, directory) => {
  expect(directoryOf(base)).toBe(directory);
  expect(smartConfigurationPlace(base).url).toBe(`${directory}.well-known/smart-configuration`);
  expect(fhirMetadataPlace(base).url).toBe(`${directory}metadata`);
});

const urls = (issuer: string) => issuerMetadataPlaces(issuer).map(({ url }) => url);

test.each(['https://h.example', 'https://h.example/'])('an issuer without a path, %s, has two places', (issuer) => {
  expect(urls(issuer)).toEqual([
    'https://h.example/.well-known/oauth-authorization-server',
    'https://h.example/.well-known/openid-configuration',
  ]);
});

test.each(['https://h.example/realms/a', 'https://h.example/realms/a/'])(
  'an issuer with a path, %s, has the well-known part inserted or appended',
  (issuer) => {
    expect(urls(issuer)).toEqual([
      'https://h.example/.well-known/oauth-authorization-server/realms/a',
      'https://h.example/realms/a/.well-known/oauth-authorization-server',
      'https://h.example/realms/a/.well-known/openid-configuration',
      'https://h.example/.well-known/openid-configuration/realms/a',
    ]);
  },
);

test('only one slash at the end is taken away', () => {
  expect(urls('https://h.example/a//')[0]).toBe('https://h.example/.well-known/oauth-authorization-server/a/');
});
