import type { Desired } from '../../shared/manifest/desired.ts';
import { CONTRIBUTED_MEMBERS } from '../../shared/manifest/shared-client.ts';
import type { Json, JsonObject } from '../../shared/ports/ports.ts';
import { changedMembers } from '../../shared/registration/compare-metadata.ts';

/** Environments of registrations that environments share begin like this; no run deploys to one. */
const PREFIX = 'shared/';

/** The members of {@link CONTRIBUTED_MEMBERS} that one environment brings. */
export type Contributed = Readonly<Record<string, readonly string[]>>;

/** What of a wish decides which client is shared. */
type Sharing = Pick<Desired, 'owner'> & { readonly pattern: string };

/**
 * The environment of the registration that environments of a pattern share. Those that end with an owner never share with
 * those that stay: else a pull request could add its redirect URIs to the client of production.
 */
export function sharedEnvironment({ pattern, owner }: Sharing): string {
  return `${PREFIX}${owner === undefined ? 'permanent' : 'previews'}/${pattern}`;
}

/** Whether an environment, or a registration by its key, is one of those that environments share. */
export function isShared(environmentOrKey: string): boolean {
  return environmentOrKey.startsWith(PREFIX);
}

/** Whether a registration is shared by environments that end with their owners, so that it ends with the last of them. */
export function isSharedByPreviews(key: string): boolean {
  return key.startsWith(`${PREFIX}previews/`);
}

/** What an environment brings. */
export function contributedBy({ metadata }: Desired): Contributed {
  return Object.fromEntries(
    CONTRIBUTED_MEMBERS.flatMap((member) => {
      const value = metadata[member];
      return Array.isArray(value) && value.length > 0 ? [[member, value.map(String)]] : [];
    }),
  );
}

/** What the environments of a pattern ask for together: everything of one wish that is not its environment's own. */
export function commonPart(desired: Desired, pattern: string): Desired {
  const { owner, ttl: _t, ...common } = desired;
  const environment = sharedEnvironment({ pattern, ...(owner && { owner }) });
  return {
    ...common,
    key: `${environment}/${desired.name}`,
    environment,
    metadata: withoutContributed(desired.metadata),
    shared: pattern,
  };
}

/** The common part with everything that the environments bring. */
export function together(common: Desired, contributed: readonly Contributed[]): Desired {
  const brought = CONTRIBUTED_MEMBERS.flatMap((member): readonly [string, Json][] => {
    const all = [...new Set(contributed.flatMap((one) => one[member] ?? []))].sort();
    return all.length === 0 ? [] : [[member, all]];
  });
  return { ...common, metadata: { ...withoutContributed(common.metadata), ...Object.fromEntries(brought) } };
}

/** Members in which two wishes for one shared client differ, beside what each environment brings for itself. */
export function differingMembers(one: Desired, other: Desired): readonly string[] {
  const { metadata, ...rest } = one;
  const { metadata: otherMetadata, ...others } = other;
  return [
    ...changedMembers(rest as JsonObject, others as JsonObject),
    ...changedMembers(withoutContributed(metadata), withoutContributed(otherMetadata)).map(
      (member) => `metadata.${member}`,
    ),
  ];
}

function withoutContributed(metadata: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(metadata).filter(([member]) => !CONTRIBUTED_MEMBERS.includes(member)));
}
