import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** How the examples name this action. */
export const OURS = 'oauth-registrar/oauth-registrar@v1';

/** The manifest of the examples, which is not a workflow. */
export const MANIFEST = 'oauth-clients.yml';

export const EXAMPLES: readonly string[] = readdirSync(`${ROOT}/examples`)
  .filter((name) => name.endsWith('.yml') && name !== MANIFEST)
  .sort();
