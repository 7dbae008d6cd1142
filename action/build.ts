import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Metafile, type Plugin } from 'esbuild';

/** File name in `action/dist` to its content. */
type Bundle = ReadonlyMap<string, string>;

const ENTRIES = ['action/main.ts', 'action/post.ts'];
const OUTPUT = 'action/dist';
/** The whole bundle, licences aside: the runner downloads it in every job. */
const SIZE_LIMIT_BYTES = 1_000_000;
const OWN_ROOMS = ['action/', 'shared/'];
/** Dependencies in CommonJS require Node's modules at run time, which an ES module has no `require` for. */
const REQUIRE = 'const require=process.getBuiltinModule("node:module").createRequire(import.meta.url);';
const ABSOLUTE_PATH = /["'`](?:file:\/\/)?\/(?:home|root|Users|work|workspace|tmp|mnt)\/[^"'`]*/u;

/** Lets the bundle leave out what is not used of @actions/core; the package itself does not say that it may. */
const toolkitWithoutSideEffects: Plugin = {
  name: 'toolkit-without-side-effects',
  setup: ({ onResolve, resolve: find }) => {
    onResolve({ filter: /^@actions\// }, async ({ path, kind, importer, resolveDir, pluginData }) => {
      if (pluginData === 'found') return undefined;
      const found = await find(path, { kind, importer, resolveDir, pluginData: 'found' });
      return { path: found.path, errors: found.errors, sideEffects: false };
    });
  },
};

const BUILTIN = 'builtin';
const USED_OF_CRYPTO = ['createHash', 'randomFillSync', 'randomUUID'];

/**
 * Asks Node for its modules instead of importing them. An import reads everything that a module exports, and with some
 * of it loads what no step needs; `crypto` is not even asked for before it is used.
 */
const modulesOfNode: Plugin = {
  name: 'modules-of-node',
  setup: ({ onResolve, onLoad }) => {
    onResolve({ filter: /^(?:node:)?[a-z][a-z/_]*$/ }, ({ path, kind }) =>
      kind === 'import-statement' && isBuiltin(path)
        ? { path: path.replace(/^node:/u, ''), namespace: BUILTIN, sideEffects: false }
        : undefined,
    );
    onLoad({ filter: /./, namespace: BUILTIN }, ({ path }) => {
      const module = `process.getBuiltinModule(${JSON.stringify(`node:${path}`)})`;
      if (path !== 'crypto') return { contents: `module.exports=${module}` };
      return {
        contents: USED_OF_CRYPTO.map((name) => `export const ${name}=(...given)=>${module}.${name}(...given);`).join(
          '',
        ),
      };
    });
  },
};

/** Bundles the entries of a checkout with what they use of their own room, the Action's and the core's; the same sources give the same bytes wherever the checkout is. */
export async function bundle(root: string, entries: readonly string[] = ENTRIES): Promise<Bundle> {
  const result = await build({
    absWorkingDir: root,
    entryPoints: [...entries],
    outdir: OUTPUT,
    entryNames: '[name]',
    chunkNames: '[name]-[hash]',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    minify: true,
    legalComments: 'none',
    banner: { js: REQUIRE },
    plugins: [toolkitWithoutSideEffects, modulesOfNode],
    alias: {
      // For Node yaml exports CommonJS, which is read whole.
      yaml: join(root, 'node_modules/yaml/browser/index.js'),
    },
    metafile: true,
    write: false,
    logLevel: 'silent',
  });
  const complaints = result.warnings.map((warning) => `${warning.location?.file ?? 'esbuild'}: ${warning.text}`);
  const files = new Map(result.outputFiles.map((file) => [relative(join(root, OUTPUT), file.path), file.text]));
  const rooms = [...new Set([...OWN_ROOMS, ...entries.map((entry) => `${dirname(entry)}/`)])];
  complaints.push(...(await forbidden({ root, rooms, files, metafile: result.metafile })));
  if (complaints.length > 0) throw new Error(`The bundle is not fit to ship:\n  ${complaints.join('\n  ')}`);
  files.set('package.json', '{"type":"module"}\n');
  files.set('LICENSES.txt', await licences(root, result.metafile));
  return new Map([...files].sort(([a], [b]) => (a < b ? -1 : 1)));
}

async function forbidden(made: {
  root: string;
  rooms: readonly string[];
  files: Bundle;
  metafile: Metafile;
}): Promise<string[]> {
  const complaints: string[] = [];
  const manifest = await readPackage(made.root);
  for (const input of inputsOf(made.metafile)) {
    const name = packageOf(input)?.name;
    const isOwn = [...made.rooms, `${BUILTIN}:`].some((room) => input.startsWith(room));
    if (name === undefined && !isOwn) complaints.push(`${input}: only ${made.rooms.join(' and ')} may be bundled`);
    if (name !== undefined && manifest.devDependencies?.[name] !== undefined)
      complaints.push(`${input}: ${name} is a devDependency`);
  }
  for (const [file, output] of Object.entries(made.metafile.outputs))
    for (const { path, external } of output.imports)
      if (external === true && !isBuiltin(path)) complaints.push(`${file}: ${path} is not bundled`);
  let size = 0;
  for (const [file, text] of made.files) {
    size += Buffer.byteLength(text);
    const path = text.includes(made.root) ? made.root : ABSOLUTE_PATH.exec(text)?.[0];
    if (path !== undefined) complaints.push(`${file}: contains the absolute path ${path}`);
  }
  if (size > SIZE_LIMIT_BYTES)
    complaints.push(
      `${size} bytes, more than ${SIZE_LIMIT_BYTES}; the heaviest: ${heaviest(made.metafile).join(', ')}`,
    );
  return complaints;
}

function heaviest(metafile: Metafile): string[] {
  const bytes = new Map<string, number>();
  for (const output of Object.values(metafile.outputs))
    for (const [input, { bytesInOutput }] of Object.entries(output.inputs)) {
      const owner = packageOf(input)?.name ?? dirname(input);
      bytes.set(owner, (bytes.get(owner) ?? 0) + bytesInOutput);
    }
  const sorted = [...bytes].sort(([, a], [, b]) => b - a);
  return sorted.slice(0, 5).map(([owner, size]) => `${owner} ${size}`);
}

/** The sources of which something is in the output; what was shaken out does not count. */
function inputsOf(metafile: Metafile): string[] {
  const used = Object.values(metafile.outputs).flatMap((output) =>
    Object.entries(output.inputs).flatMap(([input, { bytesInOutput }]) => (bytesInOutput > 0 ? [input] : [])),
  );
  return [...new Set(used)].sort();
}

function packageOf(input: string): { name: string; folder: string } | undefined {
  const match = /^(?<folder>.*node_modules\/(?<name>(?:@[^/]+\/)?[^/]+))\//u.exec(input);
  const { folder, name } = match?.groups ?? {};
  return folder === undefined || name === undefined ? undefined : { name, folder };
}

type Package = {
  name: string;
  version: string;
  license?: string;
  author?: string | { name?: string };
  devDependencies?: Record<string, string>;
};

async function readPackage(folder: string): Promise<Package> {
  return JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as Package;
}

async function licences(root: string, metafile: Metafile): Promise<string> {
  const folders = new Set(inputsOf(metafile).flatMap((input) => packageOf(input)?.folder ?? []));
  const sections = await Promise.all([...folders].map((folder) => licence(join(root, folder))));
  const intro = 'The files beside this one contain code of these packages.\n';
  return [intro, ...new Set(sections.sort())].join(`\n${'-'.repeat(78)}\n\n`);
}

async function licence(folder: string): Promise<string> {
  const { name, version, license, author } = await readPackage(folder);
  const names = (await readdir(folder))
    .filter((file) => /^(?:licen[cs]e|copying|notice)(?:[.-]|$)/iu.test(file))
    .sort();
  const texts = await Promise.all(names.map((file) => readFile(join(folder, file), 'utf8')));
  const text = texts.map((content) => content.replaceAll('\r\n', '\n').trim()).join('\n\n');
  if (text === '' && license === undefined) throw new Error(`${name} ${version} names no licence.`);
  const holder = (typeof author === 'string' ? author : author?.name) ?? 'its authors';
  return `${name} ${version} (${license ?? 'see below'})\n\n${text || `By ${holder}; the package brings no licence text.`}\n`;
}

/** What differs between a bundle and a folder, one line per file; empty when they are the same. */
export async function differences(made: Bundle, folder: string): Promise<string[]> {
  const present = await filesIn(folder);
  const lines: string[] = [];
  for (const [file, text] of made)
    if (!present.has(file)) lines.push(`missing  ${file}`);
    else if ((await readFile(join(folder, file), 'utf8')) !== text) lines.push(`differs  ${file}`);
  for (const file of present) if (!made.has(file)) lines.push(`surplus  ${file}`);
  return lines;
}

async function filesIn(folder: string): Promise<Set<string>> {
  try {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
    return new Set(files.map((file) => relative(folder, file).replaceAll(sep, '/')).sort());
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return new Set();
    throw error;
  }
}

/** Replaces a folder by a bundle. */
export async function write(made: Bundle, folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  for (const [file, text] of made) {
    await mkdir(dirname(join(folder, file)), { recursive: true });
    await writeFile(join(folder, file), text);
  }
}

async function main(): Promise<void> {
  const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
  const folder = join(root, OUTPUT);
  const made = await bundle(root);
  if (!process.argv.includes('--check')) {
    await write(made, folder);
    for (const [file, text] of made) console.log(`${OUTPUT}/${file}  ${Buffer.byteLength(text)} bytes`);
    return;
  }
  const lines = await differences(made, folder);
  if (lines.length === 0) return console.log(`${OUTPUT} is what the sources build.`);
  console.error(
    `${OUTPUT} is not what the sources build:\n  ${lines.join('\n  ')}\nRun \`npm run build\` and commit ${OUTPUT}.`,
  );
  process.exitCode = 1;
}

if (import.meta.main) {
  try {
    await main();
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
