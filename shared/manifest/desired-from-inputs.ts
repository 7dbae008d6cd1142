import { assembleClients, type ManifestReading } from './assemble-clients.ts';
import type { ClientType } from './desired.ts';
import type { ManifestOptions } from './desired-client.ts';
import { didYouMean } from './did-you-mean.ts';
import { type Locate, type LocatedFinding, type Path, quoted, showPath } from './problems.ts';
import { BARE_CLIENT_NAME } from './read-manifest.ts';

const TYPES: readonly ClientType[] = ['public', 'confidential', 'backend'];

/** The inputs that describe a client without a manifest. */
export type ClientInputs = {
  readonly server?: string;
  readonly type?: string;
  readonly redirectUris?: readonly string[];
  readonly scope?: string;
  readonly clientName?: string;
};

const INPUT_NAMES: Readonly<Record<string, string>> = {
  redirect_uris: 'redirect-uris',
  client_name: 'client-name',
  grant_types: 'type',
  response_types: 'type',
};

const locate: Locate = (at: Path) => {
  const [first = '', ...rest] = at[0] === 'metadata' ? at.slice(1) : at;
  return { path: showPath([INPUT_NAMES[first] ?? first, ...rest]) };
};

/**
 * The one client, named `client`, that inputs alone describe. Templates in them are filled as in a manifest.
 *
 * Throws `input_invalid` with every problem, named after the inputs, and `template_invalid`.
 */
export function desiredFromInputs(inputs: ClientInputs, options: ManifestOptions): ManifestReading {
  const type = TYPES.find((known) => known === inputs.type);
  const wrong = inputs.type !== undefined && type === undefined;
  const found: readonly LocatedFinding[] = wrong
    ? [
        {
          problem: {
            path: 'type',
            message: `is ${quoted(inputs.type)}`,
            expected: didYouMean(inputs.type, TYPES) ?? `one of ${TYPES.join(', ')}`,
          },
          kind: undefined,
          warning: false,
        },
      ]
    : [];
  const metadata = {
    ...(inputs.clientName === undefined ? {} : { client_name: inputs.clientName }),
    ...(inputs.redirectUris === undefined ? {} : { redirect_uris: inputs.redirectUris }),
    ...(inputs.scope === undefined ? {} : { scope: inputs.scope }),
  };
  const entry = {
    ...(inputs.server === undefined ? {} : { server: inputs.server }),
    ...(type === undefined ? {} : { type }),
    metadata,
  };
  return assembleClients(
    {
      drafts: [{ name: BARE_CLIENT_NAME, entry, intact: !wrong, selected: true, locate }],
      found,
      code: 'input_invalid',
      where: 'The client that the inputs type, redirect-uris or scope describe (no manifest is read beside them)',
    },
    options,
  );
}
