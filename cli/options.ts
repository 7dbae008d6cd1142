import { type ParseArgsConfig, parseArgs } from 'node:util';
import { printable } from '../shared/errors/printable.ts';
import { RegistrarError } from '../shared/errors/registrar-error.ts';
import { didYouMean } from '../shared/manifest/did-you-mean.ts';

type Option = { readonly type: 'string' | 'boolean'; readonly multiple?: boolean; readonly help: string };

const COMMON = {
  state: { type: 'string', help: 'file that remembers the clients (default .oauth-registrar.json)' },
  json: { type: 'boolean', help: 'print JSON' },
  'insecure-loopback': { type: 'boolean', help: 'allow http to servers on this machine' },
  help: { type: 'boolean', help: 'show this help' },
} as const satisfies Record<string, Option>;

const NAME = { type: 'string', help: 'which client, where there are several' } as const;

const DESCRIBED = {
  metadata: { type: 'string', help: 'file with client metadata (RFC 7591), JSON or YAML' },
  set: { type: 'string', multiple: true, help: 'one member of the metadata, member=value; the value may be JSON' },
} as const satisfies Record<string, Option>;

/** What each command takes, and what it is for. */
export const COMMANDS = {
  doctor: {
    takes: 'URL',
    what: 'explain a server: what was found, what registration needs, which features will work',
    options: {
      probe: { type: 'boolean', help: 'also take a throw-away client through register, read, update and delete' },
      'redirect-uri': { type: 'string', multiple: true, help: 'redirect URI of the throw-away client' },
      scope: { type: 'string', help: 'scopes of the throw-away client' },
    },
  },
  register: {
    takes: 'URL',
    what: 'register a client at a FHIR base URL or issuer, and remember it',
    options: {
      name: { type: 'string', help: 'name to remember it by (default client)' },
      type: { type: 'string', help: 'public, confidential or backend' },
      'redirect-uri': { type: 'string', multiple: true, help: 'redirect URI; may be given several times' },
      scope: { type: 'string', help: 'scopes, separated by spaces' },
      'client-name': { type: 'string', help: 'the name that users see' },
      ...DESCRIBED,
    },
  },
  show: {
    takes: '',
    what: 'read a client at its server and show it',
    options: { name: NAME, secrets: { type: 'boolean', help: 'show secrets, which are hidden otherwise' } },
  },
  update: {
    takes: '',
    what: 'change a client at its server',
    options: {
      name: NAME,
      ...DESCRIBED,
      unset: { type: 'string', multiple: true, help: 'a member of the metadata to leave out' },
    },
  },
  rotate: {
    takes: '',
    what: 'replace the credentials: a new client is registered and tried, then the old one deleted',
    options: { name: NAME, 'in-place': { type: 'boolean', help: 'keep the client_id, and ask for a new secret' } },
  },
  delete: {
    takes: '',
    what: 'delete a client at its server, and its variables in the env file',
    options: {
      name: NAME,
      all: { type: 'boolean', help: 'all clients' },
      forget: { type: 'boolean', help: 'also forget what cannot be deleted, or may exist' },
    },
  },
  apply: {
    takes: '',
    what: 'register and update the clients of a manifest, and write their credentials to an env file',
    options: {
      manifest: { type: 'string', help: 'path of the manifest (default .github/oauth-clients.yml)' },
      environment: { type: 'string', help: 'environment of the manifest (default local)' },
      'env-file': { type: 'string', help: 'file for the credentials, such as .env.local' },
      client: { type: 'string', multiple: true, help: 'only this client; may be given several times' },
      url: { type: 'string', help: 'value of ${url} in the manifest' },
      value: { type: 'string', multiple: true, help: 'KEY=value for templates in the manifest' },
    },
  },
} as const satisfies Record<
  string,
  { readonly takes: string; readonly what: string; readonly options: Record<string, Option> }
>;

export type CommandName = keyof typeof COMMANDS;

/** What a person typed. */
export type Asked = {
  readonly command: CommandName;
  readonly url?: string;
  /** The one value of an option. */
  readonly text: (name: string) => string | undefined;
  readonly list: (name: string) => readonly string[];
  readonly flag: (name: string) => boolean;
};

/** How a person asked for something that is no command. */
export type Else = { readonly kind: 'help'; readonly command?: CommandName } | { readonly kind: 'version' };

/** Something was typed that is not understood; exit code 2. */
export class UsageError extends RegistrarError {}

/** Reads the arguments; throws a {@link UsageError} with what was probably meant. */
export function readArguments(argv: readonly string[]): Asked | Else {
  const [first, ...rest] = argv;
  if (first === undefined || first === '--help' || first === '-h') return { kind: 'help' };
  if (first === '--version' || first === '-v') return { kind: 'version' };
  if (first === 'help') return rest[0] === undefined ? { kind: 'help' } : { kind: 'help', command: commandOf(rest[0]) };
  const command = commandOf(first);
  const options: Record<string, Option> = { ...COMMANDS[command].options, ...COMMON };
  const { values, positionals } = parse(rest, options, command);
  if (values.help === true) return { kind: 'help', command };
  const [url, ...more] = positionals;
  const takesUrl = COMMANDS[command].takes !== '';
  if (takesUrl && url === undefined) {
    throw usage(`${command} needs the address of a server`, `oauth-registrar ${command} https://fhir.example.org/r4`);
  }
  const surplus = takesUrl ? more : positionals;
  if (surplus.length > 0) {
    throw usage(`${command} does not take "${printable(surplus[0] ?? '', 80)}"`, `oauth-registrar ${command} --help`);
  }
  return {
    command,
    ...(takesUrl && url !== undefined && { url }),
    text: (name) => (typeof values[name] === 'string' ? values[name] : undefined),
    list: (name) => [values[name] ?? []].flat().map(String),
    flag: (name) => values[name] === true,
  };
}

function commandOf(word: string): CommandName {
  const names = Object.keys(COMMANDS) as CommandName[];
  const found = names.find((name) => name === word);
  if (found !== undefined) return found;
  const meant = didYouMean(word, names);
  throw usage(
    `there is no command "${printable(word, 80)}"${meant === undefined ? '' : `; did you mean ${meant}?`}`,
    'oauth-registrar --help',
  );
}

function parse(args: readonly string[], options: Record<string, Option>, command: CommandName) {
  try {
    return parseArgs({
      args: [...args],
      options: options as NonNullable<ParseArgsConfig['options']>,
      allowPositionals: true,
      strict: true,
    });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const [, word = ''] = /'--?([^'\s]+)/u.exec(message) ?? [];
    const known = Object.keys(options);
    if (code !== 'ERR_PARSE_ARGS_UNKNOWN_OPTION') {
      const want = known.includes(word) && options[word]?.type === 'string' ? 'needs a value' : 'is not used like this';
      throw usage(`--${printable(word, 80)} ${want}`, `oauth-registrar ${command} --help`);
    }
    const meant = didYouMean(word, known);
    throw usage(
      `${command} has no option --${printable(word, 80)}${meant === undefined ? '' : `; did you mean --${meant}?`}`,
      `oauth-registrar ${command} --help`,
    );
  }
}

/** Something that was typed and cannot be, and what to type instead. */
export function usage(message: string, instead: string): UsageError {
  return new UsageError('input_invalid', {
    message: message.endsWith('?') ? message : `${message}.`,
    hint: `Try: ${instead}`,
  });
}

/** The help text, of everything or of one command. */
export function helpText(command?: CommandName): string {
  if (command === undefined) {
    const names = Object.keys(COMMANDS) as CommandName[];
    return [
      'oauth-registrar: OAuth clients (RFC 7591/7592, SMART on FHIR) by hand, and for your own machine.',
      '',
      ...names.map((name) => `  ${`${name} ${COMMANDS[name].takes}`.padEnd(14)} ${COMMANDS[name].what}`),
      '',
      'oauth-registrar COMMAND --help lists the options of a command.',
      'An initial access token or software statement is read from OAUTH_REGISTRAR_INITIAL_ACCESS_TOKEN and',
      'OAUTH_REGISTRAR_SOFTWARE_STATEMENT, because arguments can be seen by everyone on a machine.',
    ].join('\n');
  }
  const { takes, what, options } = COMMANDS[command];
  const lines = Object.entries<Option>({ ...options, ...COMMON }).map(
    ([name, { type, help }]) => `  ${`--${name}${type === 'string' ? ' VALUE' : ''}`.padEnd(24)} ${help}`,
  );
  return [`oauth-registrar ${command}${takes === '' ? '' : ` ${takes}`} [options]`, '', `${what}.`, '', ...lines].join(
    '\n',
  );
}
