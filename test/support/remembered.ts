import { githubRequest } from '../../action/github.ts';
import { clock, random } from '../../action/platform.ts';
import { openStore } from '../../action/standalone/git-store.ts';
import type { RegistrationRecord } from '../../shared/record/record.ts';
import { parseStateKeys } from '../../shared/record/seal.ts';

const SILENT = { info: () => {}, warning: () => {}, debug: () => {} };

/** What the sealed state of an environment remembers, opened as a job opens it. */
export async function rememberedIn({
  repository: { owner, name, id },
  environment,
  url,
  token,
  key,
}: {
  readonly repository: { readonly owner: string; readonly name: string; readonly id: number };
  readonly environment: string;
  /** Of the GitHub stand-in. */
  readonly url: string;
  readonly token: string;
  readonly key: string;
}): Promise<readonly RegistrationRecord[]> {
  const store = openStore({
    request: githubRequest(token, url, fetch),
    owner,
    repo: name,
    repositoryId: String(id),
    environment,
    keys: await parseStateKeys(key),
    clock,
    random,
    log: SILENT,
  });
  return Object.values((await store.load()).registrations);
}
