import type { PublishItem, PublishTarget } from '../manifest/desired.ts';

/** A name at a target that is ours: claimed before anything is written, so that a crash in between is not mistaken for somebody else's secret. */
export type Publication = {
  readonly target: { readonly kind: 'github'; readonly environment?: string };
  readonly item: PublishItem;
  readonly state: 'claimed' | 'written';
  /** SHA-256 (base64url) of the written value; undefined while claimed only. */
  readonly fingerprint?: string;
  /** Which client and which edition of its credentials the value is of; set by whoever asked for the write. */
  readonly of?: string;
  /** Epoch milliseconds of the last change of this entry. */
  readonly at: number;
  /** Kind of the token that wrote it last: the right to write is known for that kind. */
  readonly tokenKind?: string;
  /** We made the GitHub environment it is in. */
  readonly environmentMadeByUs?: boolean;
  /** It was given up then (epoch milliseconds), and is ours again only if nobody has made or changed it since. */
  readonly leftAt?: number;
};

/**
 * Where credentials are published, as a port.
 *
 * Every method rejects with a RegistrarError: `publish_forbidden`, `publish_failed`, `publish_limit`, `secret_exists`,
 * `environment_missing`, `rate_limited`.
 */
export type Sink = {
  /**
   * Shows, before a client is made, that every item can be written and that no name is taken by somebody else.
   * `ours` is everything this registration has published or claimed before. Returns one entry per item, in order, with
   * target and item as asked for: what `ours` has of that name, else a claim. They are to be saved before writing, and
   * replace the entries of `ours` with the same `publicationKey`.
   */
  readonly claim: (request: {
    readonly targets: readonly PublishTarget[];
    readonly ours: readonly Publication[];
  }) => Promise<readonly Publication[]>;
  /** Writes one value; returns the entry as it is now. Repeating it is harmless. */
  readonly write: (publication: Publication, value: string) => Promise<Publication>;
  /** Removes one name that is ours; a name already gone is success. */
  readonly erase: (publication: Publication) => Promise<void>;
};
