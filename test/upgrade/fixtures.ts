import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The key that the fixtures are sealed with; it protects nothing. */
export const TEST_KEY = Buffer.from('a key for fixtures, and no other').toString('base64');
export const REPOSITORY_ID = '4242';
export const ENVIRONMENT = 'pr-42';

const FOLDER = new URL('../fixtures/', import.meta.url);

export const fixtureFile = (version: string, name: string): string =>
  fileURLToPath(new URL(`v${version}/${name}`, FOLDER));

export const fixture = (version: string, name: string): string => readFileSync(fixtureFile(version, name), 'utf8');

/** Versions of which it is kept what they wrote. */
export const VERSIONS: readonly string[] = readdirSync(FOLDER)
  .filter((name) => /^v\d+\.\d+\.\d+/.test(name))
  .map((name) => name.slice(1))
  .sort();

/** An object with tables of this version; the first one is `object.json`. */
export const objectName = (schema: number): string => `object-schema-${schema}.json`;

/** Objects that versions have left, in the order of their tables' versions. */
export const OBJECTS: readonly { readonly version: string; readonly name: string }[] = VERSIONS.flatMap((version) =>
  readdirSync(fixtureFile(version, ''))
    .filter((name) => /^object(-schema-\d+)?\.json$/.test(name))
    .sort((one, other) => one.length - other.length || one.localeCompare(other))
    .map((name) => ({ version, name })),
);
