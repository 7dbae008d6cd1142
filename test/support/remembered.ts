import { githubRequest } from '../../action/github.ts';
import { clock, random } from '../../action/platform.ts';
import { openStore, type StandaloneStore } from '../../action/standalone/git-store.ts';
import type { RegistrationRecord } from '../../shared/record/record.ts';
import { parseStateKeys } from '../../shared/record/seal.ts';

const SILENT = { info: () => {}, warning: () => {}, debug: () => {} };

/** Where an environment's sealed state is kept. */
type Kept = {
  readonly repository: { readonly owner: string; readonly name: string; readonly id: number };
  readonly environment: string;
  /** Of the GitHub stand-in. */
  readonly url: string;
  readonly token: string;
  readonly key: string;
};

/** The sealed state of an environment, opened as a job opens it. */
export async function openKept({
  repository: { owner, name, id },
  environment,
  url,
  token,
  key,
}: Kept): Promise<StandaloneStore> {
  return openStore({
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
}

/** What the sealed state of an environment remembers. */
export async function rememberedIn(kept: Kept): Promise<readonly RegistrationRecord[]> {
  const store = await openKept(kept);
  return Object.values((await store.load()).registrations);
}
