import type { Owner } from '../../shared/manifest/desired.ts';

/** Names of a repository as of an event; what it is authorised by is its numeric id. */
export type RepositoryName = { readonly owner: string; readonly name: string; readonly ownerId: string };

/** What a webhook says about one repository. `at`, in epoch milliseconds, orders events of one subject. */
export type HookEvent = { readonly repositoryId: string; readonly at: number } & (
  | { readonly kind: 'owner_ended' | 'owner_reopened'; readonly owner: Owner }
  | { readonly kind: 'repository_deleted' | 'repository_archived' | 'repository_unarchived' }
  | { readonly kind: 'repository_transferred' | 'repository_renamed'; readonly repository: RepositoryName }
  /** The App was added to the repository or given more rights there; or it was taken away. */
  | { readonly kind: 'installation_added' | 'installation_removed' }
  /** A host says that a deploy is gone. */
  | { readonly kind: 'teardown_asked'; readonly environment: string }
  | { readonly kind: 'rotation_asked'; readonly environment: string; readonly name: string }
);

/** One delivery of a webhook; its signature was good. */
export type Delivery = {
  /** Names the delivery and its redeliveries: `github:` or `deploy:` and the sender's id. */
  readonly id: string;
  /** Epoch milliseconds. */
  readonly receivedAt: number;
  readonly event: HookEvent;
};

/** What became of a delivery: queued; known and dealt with, or still queued; nothing to do. */
export type Taken = 'taken' | 'repeated' | 'ignored';

/** What webhooks need of a repository's object. */
export type RepositoryHooks = {
  /**
   * Keeps the delivery and what it asks for, in one transaction, and answers at once; the work is done afterwards.
   *
   * A delivery of the same id is `repeated`, unless the earlier one failed. An object that has never held a registration
   * keeps nothing and answers `ignored`, as it does for an owner or environment it has nothing of. `teardown_asked` and
   * `rotation_asked` reach owned registrations only, unless the operator's policy says more.
   */
  readonly takeDelivery: (delivery: Delivery) => Promise<Taken>;
};
