import { XMLParser } from 'fast-xml-parser';
import { asList, asMembers, type Members } from './read-members.ts';

const ATTRIBUTE = '@';
const PRIMITIVES = ['valueUri', 'valueUrl'];

/**
 * Turns a FHIR statement in XML into the shape it has in JSON, as far as endpoints are read from it. Undefined for XML
 * that is no such thing, cannot be parsed, or has a document type, since entities are never expanded.
 */
export function readCapabilityXml(xml: string): Members | undefined {
  if (/<!DOCTYPE/i.test(xml)) return undefined;
  const root = parse(xml);
  const resourceType = ['Conformance', 'CapabilityStatement'].find((name) => asMembers(root?.[name]) !== undefined);
  if (resourceType === undefined) return undefined;
  const statement = asMembers(root?.[resourceType]);
  return {
    resourceType,
    fhirVersion: primitive(statement?.fhirVersion),
    rest: asList(statement?.rest).map((entry) => ({
      mode: primitive(entry.mode),
      security: { extension: asList(asMembers(entry.security)?.extension).map(extensionOf) },
    })),
  };
}

function parse(xml: string): Members | undefined {
  const parser = new XMLParser({
    ignoreAttributes: false,
    attributeNamePrefix: ATTRIBUTE,
    parseTagValue: false,
    removeNSPrefix: true,
  });
  try {
    return asMembers(parser.parse(xml));
  } catch {
    return undefined;
  }
}

function extensionOf(element: Members): Members {
  return {
    url: element[`${ATTRIBUTE}url`],
    extension: asList(element.extension).map(extensionOf),
    ...Object.fromEntries(PRIMITIVES.map((name) => [name, primitive(element[name])])),
  };
}

function primitive(element: unknown): unknown {
  return asMembers(element)?.[`${ATTRIBUTE}value`];
}
