import { printable } from '../errors/printable.ts';
import type { CredentialField, Desired, PublishItem, PublishTarget } from './desired.ts';
import { fillText, type TemplateContext } from './fill-template.ts';
import { type Finding, quoted } from './problems.ts';
import { publishedNameFault, publishedPlace, storedName } from './published-name.ts';
import type { ClientEntry } from './schema.ts';

/** Longest name of a GitHub environment. */
const LONGEST_ENVIRONMENT = 255;
const SECRET_METHODS = ['client_secret_basic', 'client_secret_post', 'client_secret_jwt'];

type Client = Pick<Desired, 'metadata' | 'makeKey'>;

/** The authentication method that is asked for; RFC 7591 section 2 has the default. */
const methodOf = ({ metadata }: Client): string => String(metadata.token_endpoint_auth_method ?? 'client_secret_basic');

/** Why a client has no such credential; undefined when it may have. */
function absence(field: CredentialField, client: Client): string | undefined {
  const method = methodOf(client);
  if (field === 'client_secret' && (method === 'none' || method === 'private_key_jwt')) {
    return `names a client secret, but with ${method} there is none`;
  }
  if ((field === 'private_key' || field === 'key_id') && !client.makeKey) {
    return 'names a key, but none is made for this client';
  }
  return undefined;
}

type Section = 'variables' | 'secrets';

/**
 * The targets of `publish`, templates filled and names in the upper case that GitHub keeps them in. For a client that
 * is not `intact`, it is not judged which credentials there will be.
 */
export function publishTargets(
  publish: NonNullable<ClientEntry['publish']>,
  { client, context, intact }: { readonly client: Client; readonly context: TemplateContext; readonly intact: boolean },
): { readonly targets: readonly PublishTarget[]; readonly findings: readonly Finding[] } {
  const { github } = publish;
  if (github === undefined) return { targets: [], findings: [] };
  const findings: Finding[] = [];
  const fill = (text: string, at: readonly string[]): string => {
    const filled = fillText(text, context);
    if (filled.kind === 'filled') return filled.text;
    findings.push({ at: ['publish', 'github', ...at], ...filled.fault, kind: 'template' });
    return '';
  };
  const section = (name: Section): PublishItem[] =>
    Object.entries(github[name] ?? {}).flatMap(([key, text]): PublishItem[] => {
      const field = key as CredentialField;
      const at = ['publish', 'github', name, field];
      const filled = fill(text, [name, field]);
      if (filled === '') return [];
      const problem = publishedNameFault(filled);
      const absent = intact ? absence(field, client) : undefined;
      if (problem !== undefined) findings.push({ at, message: `${quoted(filled)} cannot be a name: ${problem}` });
      if (absent !== undefined) findings.push({ at, message: absent, expected: 'the manifest without it' });
      return [{ kind: name === 'secrets' ? 'secret' : 'variable', name: storedName(filled), field }];
    });
  const items = [...section('variables'), ...section('secrets')];
  const environment = github.environment === undefined ? undefined : fill(github.environment, ['environment']);
  if (environment !== undefined && printable(environment, LONGEST_ENVIRONMENT) !== environment) {
    findings.push({
      at: ['publish', 'github', 'environment'],
      message: 'is too long or has control characters',
      expected: `at most ${LONGEST_ENVIRONMENT} characters`,
    });
  }
  const createEnvironment = github.create_environment ?? false;
  return {
    targets: [{ kind: 'github', ...(environment === undefined ? {} : { environment }), createEnvironment, items }],
    findings,
  };
}

/** What `secret-prefix` publishes: `FHIR_CLIENT_ID` as a variable, and the secret or key that the client will have. */
export function prefixTargets(prefix: string, client: Client): readonly PublishTarget[] {
  const item = (kind: PublishItem['kind'], field: CredentialField): PublishItem => ({
    kind,
    field,
    name: storedName(prefix + field),
  });
  const items = [
    item('variable', 'client_id'),
    ...(SECRET_METHODS.includes(methodOf(client)) ? [item('secret', 'client_secret')] : []),
    ...(client.makeKey ? [item('secret', 'private_key'), item('variable', 'key_id')] : []),
  ];
  return [{ kind: 'github', createEnvironment: false, items }];
}

/** Finds names that two registrations, or one twice, would be published to. GitHub compares names without case. */
export function publishConflicts(
  clients: readonly Pick<Desired, 'name' | 'publish'>[],
): readonly { readonly client: string; readonly finding: Finding }[] {
  const takenBy = new Map<string, string>();
  return clients.flatMap(({ name: client, publish }) =>
    publish.flatMap((target) =>
      target.items.flatMap((item) => {
        const key = publishedPlace(target.environment, item);
        const other = takenBy.get(key);
        takenBy.set(key, other ?? client);
        if (other === undefined) return [];
        const at = ['publish', 'github', `${item.kind}s`, item.field];
        const user = other === client ? 'twice in this client' : `by client ${other} too`;
        return [
          {
            client,
            finding: {
              at,
              message: `${item.name} is used ${user}`,
              expected: 'a name of its own',
              kind: 'publish' as const,
            },
          },
        ];
      }),
    ),
  );
}
