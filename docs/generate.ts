import { readFileSync, writeFileSync } from 'node:fs';
import * as z from 'zod';
import { CATALOG } from '../shared/errors/catalog.ts';
import { manifestSchema } from '../shared/manifest/schema.ts';
import { policySchema } from '../worker/config/policy-schema.ts';
import { serversSchema } from '../worker/config/servers-schema.ts';
import { openApi } from './openapi.ts';

/** As in biome.json. */
const LINE_WIDTH = 120;

function schemaText(source: z.ZodType, title: string): string {
  const { $schema, ...schema } = z.toJSONSchema(source, { io: 'input' });
  return formatted({ $schema, title, ...schema });
}

/** As the formatter has it: lists of words on one line, where they fit. */
function formatted(document: object): string {
  const text = JSON.stringify(document, null, 2);
  const oneLine = (list: string): string => list.replace(/\n\s*/gu, ' ').replace(/^\[ | \]$/gu, (end) => end.trim());
  return `${text.replace(/\[\n[^[\]{}]*\]/gu, (list, offset: number) => {
    const column = offset - text.lastIndexOf('\n', offset);
    const short = oneLine(list);
    return column + short.length <= LINE_WIDTH ? short : list;
  })}\n`;
}

function errorsText(): string {
  const entries = Object.entries(CATALOG).map(
    ([code, { meaning, hint }]) => `## \`${code}\`\n\n${meaning}\n\n**What to do.** ${hint}\n`,
  );
  return [
    '<!-- Made by docs/generate.ts from shared/errors/catalog.ts. -->',
    '',
    '# Errors',
    '',
    'Every error has one of these codes. The message of an error says what failed, for which client and at which server.',
    '',
    entries.join('\n'),
  ].join('\n');
}

const FILES: Readonly<Record<string, () => string>> = {
  'oauth-clients.schema.json': () => schemaText(manifestSchema, 'oauth-registrar manifest'),
  'worker-servers.schema.json': () => schemaText(serversSchema, 'oauth-registrar Worker: SERVERS'),
  'worker-policy.schema.json': () => schemaText(policySchema, 'oauth-registrar Worker: POLICY'),
  'openapi.json': () => formatted(openApi()),
  'errors.md': errorsText,
};

function stored(file: URL): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

const check = process.argv.includes('--check');
for (const [name, make] of Object.entries(FILES)) {
  const file = new URL(name, import.meta.url);
  const text = make();
  if (!check) {
    writeFileSync(file, text);
  } else if (stored(file) !== text) {
    console.error(`docs/${name} is not what the sources say; run: npm run docs`);
    process.exitCode = 1;
  }
}
