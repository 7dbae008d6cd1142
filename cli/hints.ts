import type { ErrorCode } from '../shared/errors/catalog.ts';
import type { RegistrarError } from '../shared/errors/registrar-error.ts';

const TOKEN = 'give it as OAUTH_REGISTRAR_INITIAL_ACCESS_TOKEN in the environment';
const SETTLE =
  'Ask the operator of the server to look for the client that the message describes. Then `oauth-registrar delete --forget` forgets it, and you can register again.';

/** What to do, where the Action's inputs are no help to somebody at a terminal. */
const HINTS: Partial<Record<ErrorCode, string>> = {
  url_insecure: 'Use an https address. For a server on this machine only, add --insecure-loopback.',
  registration_refused: `Ask the operator of the server for an initial access token and ${TOKEN}; a used-up or expired one has to be replaced.`,
  registration_rejected: 'Read the answer of the server in the message and change the metadata.',
  registration_unknown: SETTLE,
  suspect_found: SETTLE,
  update_unsupported: 'Use `oauth-registrar rotate`, which makes a new client, or delete it and register again.',
  access_refused:
    'Run it again: the token is tried once more. If it is refused again, ask the operator of the server whether the client exists. `oauth-registrar rotate` makes a new one; `oauth-registrar delete --forget` forgets it.',
  deletion_failed:
    'Ask the operator of the server to delete the client. Then `oauth-registrar delete --forget` forgets it.',
  cancelled: 'Nothing is lost: run the same command again to go on.',
  manifest_missing: 'Name the manifest with --manifest.',
};

export function hintFor({ code, hint }: RegistrarError): string {
  return HINTS[code] ?? hint;
}
