/** A run of a workflow, as GitHub's id-token proves it. Ids are numeric, kept as strings. */
export type Identity = {
  readonly issuer: string;
  readonly repositoryId: string;
  /** `owner/name`; for people only. */
  readonly repository: string;
  readonly ownerId: string;
  readonly eventName: string;
  /** Full ref; empty when the run has none. */
  readonly ref: string;
  readonly refType?: 'branch' | 'tag';
  readonly sha?: string;
  /** GitHub environment that the job names. */
  readonly environment?: string;
  /** Number, for runs of a `pull_request` event. */
  readonly pullRequest?: number;
  readonly headRef?: string;
  readonly baseRef?: string;
  readonly runId: number;
  readonly attempt: number;
  readonly actor?: string;
  readonly workflowRef?: string;
  /** Unique per issuer; a token is accepted once. */
  readonly jti: string;
  /** Epoch milliseconds after which the token is refused in any case, so that its `jti` may be forgotten. */
  readonly expiresAt: number;
};
