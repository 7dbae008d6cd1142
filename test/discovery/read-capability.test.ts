import { describe, expect, test } from 'vitest';
import { readCapabilityStatement } from '../../shared/discovery/read-capability-statement.ts';
import { readCapabilityXml } from '../../shared/discovery/read-capability-xml.ts';
import type { Members } from '../../shared/discovery/read-members.ts';
import { ALL, AS, flat, nested, rest, statement } from './documents.ts';

const SOURCE = { kind: 'fhir-metadata', url: 'https://fhir.example/r4/metadata' } as const;
const BASE = 'https://fhir.example/r4/';
const read = (document: Members) => readCapabilityStatement(document, SOURCE, BASE);
const finding = (document: Members) => {
  const reading = read(document);
  if (reading.kind !== 'found') throw new Error(reading.outcome);
  return reading.finding;
};
const expected = (fhirVersion: string) => ({
  source: SOURCE,
  registrations: [ALL.register],
  token: ALL.token,
  authorization: ALL.authorize,
  says: { fhirVersion },
  notes: [],
});
const VERSIONS = ['1.0.2', '3.0.1', '4.0.1', '4.3.0', '5.0.0'];

describe('a capability statement', () => {
  test.each(VERSIONS)('of FHIR %s names its endpoints in one extension', (version) => {
    expect(finding(statement([rest([nested(ALL)])], version))).toEqual(expected(version));
  });

  test.each(VERSIONS)('of FHIR %s names its endpoints in an extension each', (version) => {
    expect(finding(statement([rest(flat(ALL))], version))).toEqual(expected(version));
  });

  test.each([
    'http://DSTU2/fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris',
    'https://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris',
  ])('is recognised by the end of the extension URL %s', (url) => {
    expect(finding(statement([rest([nested(ALL, url)])])).registrations).toEqual([ALL.register]);
  });

  test('is not fooled by other extensions', () => {
    const other = [
      nested(ALL, 'http://x.example/StructureDefinition/oauth-uris-draft'),
      nested(ALL, 'http://x.example/StructureDefinition/capabilities'),
      { url: 'http://x.example/StructureDefinition/oauth-uris#', valueUri: ALL.register },
      { url: 7, extension: [{ url: 'register', valueUri: ALL.register }] },
      { valueUri: ALL.register },
    ];
    expect(finding(statement([rest(other)])).registrations).toEqual([]);
  });

  test('does not take launch-register for a registration endpoint', () => {
    const found = finding(statement([rest([nested({ token: ALL.token, 'launch-register': ALL.register })])]));
    expect(found).toMatchObject({ registrations: [], token: ALL.token, notes: [] });
  });

  test('names addresses relative to the FHIR base', () => {
    const uris = { register: 'auth/register', token: '/token', authorize: '../authorize' };
    expect(finding(statement([rest([nested(uris)])]))).toMatchObject({
      registrations: ['https://fhir.example/r4/auth/register'],
      token: 'https://fhir.example/token',
      authorization: 'https://fhir.example/authorize',
    });
  });

  test('may use valueUrl', () => {
    const extension = {
      url: 'http://x/StructureDefinition/oauth-uris',
      extension: [{ url: 'register', valueUrl: ALL.register }],
    };
    expect(finding(statement([rest([extension])])).registrations).toEqual([ALL.register]);
  });

  test('counts for servers only', () => {
    const client = rest([nested({ register: 'https://client.example/reg' })], 'client');
    const server = rest([nested(ALL)]);
    const unmarked = rest([nested({ register: 'https://unmarked.example/reg' })], null);
    expect(finding(statement([client, unmarked, server])).registrations).toEqual([ALL.register]);
    expect(finding(statement([client, rest([]), unmarked])).registrations).toEqual(['https://unmarked.example/reg']);
    expect(finding(statement([client])).registrations).toEqual([]);
  });

  test('with several entries for servers tells every registration endpoint', () => {
    const other = rest([nested({ register: 'https://other.example/reg' })]);
    expect(finding(statement([rest([]), rest([nested(ALL)]), other])).registrations).toEqual([
      ALL.register,
      'https://other.example/reg',
    ]);
  });

  test('survives any shape', () => {
    for (const value of [
      undefined,
      null,
      'x',
      7,
      [],
      [null],
      [{ security: 'x' }],
      [{ mode: 'server', security: { extension: 'x' } }],
    ]) {
      expect(finding({ resourceType: 'CapabilityStatement', rest: value })).toMatchObject({
        registrations: [],
        says: {},
      });
    }
    const odd = finding(statement([rest([nested({ register: 42, token: null, authorize: {} })])]));
    expect(odd).toMatchObject({ registrations: [], notes: ['its register is no URL'] });
    expect(odd).not.toHaveProperty('token');
    const unnamed = { url: 'http://x/StructureDefinition/oauth-uris', extension: [{ valueUri: ALL.register }] };
    expect(finding(statement([rest([unnamed])])).registrations).toEqual([]);
  });

  test('keeps a version printable', () => {
    expect(finding(statement([], '4.0.1\n::error::x')).says.fhirVersion).not.toMatch(/\n|::/);
  });

  test.each([
    [{ resourceType: 'OperationOutcome' }, 'a FHIR OperationOutcome'],
    [{ resourceType: 7 }, 'JSON, but no capability statement'],
    [{}, 'JSON, but no capability statement'],
  ])('is not %j', (document, outcome) => {
    expect(read(document)).toEqual({ kind: 'nothing', outcome, code: 'discovery_failed' });
  });
});

const xml = (type: string, body: string, head = '<?xml version="1.0" encoding="UTF-8"?>') =>
  `${head}\n<${type} xmlns="http://hl7.org/fhir">${body}</${type}>`;
const SECURITY = `
  <fhirVersion value="1.0.2"/>
  <rest>
    <mode value="server"/>
    <security>
      <cors value="true"/>
      <!-- the addresses -->
      <extension url="http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris">
        <extension url="authorize"><valueUri value="${AS}/authorize"/></extension>
        <extension url="token"><valueUri value="${AS}/token"/></extension>
        <extension url="register"><valueUri value="${AS}/register?a=1&amp;b=2"/></extension>
      </extension>
    </security>
  </rest>`;

describe('a capability statement in XML', () => {
  test.each(['Conformance', 'CapabilityStatement'])('with the root %s is read as in JSON', (type) => {
    const document = readCapabilityXml(xml(type, SECURITY));
    expect(finding(document ?? {})).toMatchObject({
      registrations: [`${AS}/register?a=1&b=2`],
      token: ALL.token,
      authorization: ALL.authorize,
      says: { fhirVersion: '1.0.2' },
    });
  });

  test('may use a namespace prefix, several entries, the flat form and valueUrl', () => {
    const text = `<f:CapabilityStatement xmlns:f="http://hl7.org/fhir">
      <f:rest><f:mode value="client"/></f:rest>
      <f:rest><f:mode value="server"/><f:security>
        <f:extension url="http://x/oauth-uris#register"><f:valueUrl value="/register"/></f:extension>
        <f:extension url="http://x/oauth-uris#token"><f:valueUri value="token"/></f:extension>
      </f:security></f:rest></f:CapabilityStatement>`;
    expect(finding(readCapabilityXml(text) ?? {})).toMatchObject({
      registrations: ['https://fhir.example/register'],
      token: 'https://fhir.example/r4/token',
    });
  });

  test('without anything of use names no endpoint', () => {
    for (const body of [
      '<rest/>',
      '<status value="active"/>',
      '<rest><security/></rest>',
      '<rest><mode value="server"/></rest>',
    ]) {
      expect(finding(readCapabilityXml(xml('Conformance', body)) ?? {}).registrations).toEqual([]);
    }
  });

  test.each([
    ['other XML', xml('OperationOutcome', '<issue/>')],
    ['a root without content', '<Conformance/>'],
    ['a fragment', '<Conformance><rest'],
    ['a name that would change prototypes', xml('Conformance', '<__proto__ value="x"/>')],
    ['very deep nesting', '<Conformance>'.repeat(5000)],
    ['a web page', '<div><Conformance><rest/></Conformance></div>'],
    ['a document type', xml('Conformance', SECURITY, '<!DOCTYPE Conformance SYSTEM "https://evil.example/x.dtd">')],
    [
      'entities that grow',
      xml('Conformance', '<rest>&b;</rest>', '<!doctype x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'),
    ],
  ])('is not %s', (_, text) => {
    expect(readCapabilityXml(text)).toBeUndefined();
  });
});
