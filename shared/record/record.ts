import type { Source } from '../discovery/server.ts';
import type { Desired, Owner } from '../manifest/desired.ts';
import type { JsonObject } from '../ports/ports.ts';
import type { Publication } from '../publish/sink.ts';
import type { Access } from '../registration/answer.ts';

/** Version of the stored shape. */
export const RECORD_VERSION = 1;

/** The server of a registration, as far as it is needed without discovering it again. */
export type ServerRecord = {
  readonly address: string;
  readonly registrationEndpoint: string;
  readonly registrationSource: Source;
  readonly tokenEndpoint?: string;
  readonly issuer?: string;
};

/** What was seen of a server's behaviour. A missing trait is not known yet. */
export type Traits = {
  /** The token endpoint tells wrong credentials from a wrong code, so a verification means something. */
  readonly verifiable?: boolean;
  readonly updates?: 'supported' | 'unsupported';
  readonly removes?: 'supported' | 'unsupported';
  /** An update was seen to replace the client secret. */
  readonly updateReplacesSecret?: boolean;
  readonly updateReplacesToken?: boolean;
  readonly readReplacesToken?: boolean;
  /** An update is refused unless it carries the current client secret. */
  readonly updateWantsSecret?: boolean;
  /** Audience that a client assertion must have here. */
  readonly assertionAudience?: 'token_endpoint' | 'issuer';
};

/** A key pair made for one client. */
export type KeyPair = {
  /** PKCS#8 PEM. */
  readonly privateKey: string;
  readonly keyId: string;
  readonly publicJwk: JsonObject;
};

/** A set of public keys (RFC 7517) that is hosted for one client; the server reads it where `jwks_uri` says. */
export type KeySet = {
  /** Not to be guessed, and the same for as long as the client lives. */
  readonly id: string;
  readonly uri: string;
};

export type Verification = {
  readonly outcome: 'works' | 'refused' | 'unknown';
  readonly at: number;
  readonly reason: string;
};

/** A key that a rotation made and that is not in use yet. The hosted set has it beside the old one. */
export type NextKey = KeyPair & {
  /** Epoch milliseconds. */
  readonly hostedSince: number;
  /** Not tried before this time: a server may still know the set as it was. */
  readonly tryAt: number;
  readonly verification?: Verification;
};

/** A public key that was replaced and that the hosted set still has. */
export type RetiringKey = Pick<KeyPair, 'keyId' | 'publicJwk'> & {
  /** The overlap counts from here (epoch milliseconds). */
  readonly retiringSince: number;
  /** The deployed app was said to use the key that replaced it. */
  readonly replaced?: boolean;
};

/** How far the deletion of a client has come. */
export type Removal = {
  /** `ask`: delete it. `confirm`: read it, which has to fail. `verify`: try its credentials. Then `gone` or `impossible`. */
  readonly stage: 'ask' | 'confirm' | 'verify' | 'gone' | 'impossible';
  /** Epoch milliseconds of the first attempt. */
  readonly since: number;
  readonly asked: number;
  /** The server said 2xx. */
  readonly accepted: boolean;
  /** An attempt was not answered; a refusal afterwards means that it worked. */
  readonly unanswered: boolean;
  /** The last answer was a refusal. Alone it counts for nothing: the same is asked once more. */
  readonly refused?: boolean;
  readonly failures: number;
  /** Not before this time (epoch milliseconds). */
  readonly tryAt: number;
  readonly reason: string;
};

/** One client at the server that we made or adopted and that still exists, as far as we know. */
export type Client = {
  readonly clientId: string;
  readonly role: 'current' | 'next' | 'retiring' | 'leaving';
  readonly clientSecret?: string;
  /** Epoch seconds; 0 means never. */
  readonly clientSecretExpiresAt?: number;
  readonly key?: KeyPair;
  /** Where its keys are hosted; absent when its public key was sent inline. */
  readonly keySet?: KeySet;
  readonly nextKey?: NextKey;
  readonly retiringKeys?: readonly RetiringKey[];
  /** Counts up whenever the credentials change, so that it is known what was published. */
  readonly edition: number;
  /** Where the client lives; the record's server may have changed since. */
  readonly server: ServerRecord;
  readonly purpose: Intent['purpose'] | 'adopted';
  readonly access?: Access;
  /** What came of using `access`: nothing yet, it works, the token is refused, the server cannot do it. */
  readonly accessSeen: 'untried' | 'works' | 'refused';
  /** Why there is no usable access, when the server sent one that must not be used. */
  readonly accessWithheld?: string;
  /** What the manifest asked for when the server last accepted it; without marker and made key. */
  readonly requested: JsonObject;
  /** Metadata as last answered. */
  readonly granted: JsonObject;
  readonly marker: string;
  /** Epoch milliseconds. */
  readonly madeAt: number;
  readonly madeByRun?: string;
  /** An update of it was not answered: its token and metadata are not known for sure. With a refused token: try that once more. */
  readonly uncertain?: boolean;
  /** When it became retiring: the overlap counts from here. */
  readonly retiringSince?: number;
  readonly verification?: Verification;
  readonly removal?: Removal;
};

/** Saved before a POST, because nothing else would remember a client whose answer is lost. */
export type Intent = {
  /** Part of the client's name at the server; empty where the name stays as the manifest has it. */
  readonly marker: string;
  readonly purpose: 'first' | 'replacement' | 'rotation';
  readonly requested: JsonObject;
  readonly key?: KeyPair;
  readonly keySet?: KeySet;
  readonly server: ServerRecord;
  /** Epoch milliseconds. */
  readonly startedAt: number;
  /** Nothing else is sent before this time unless the answer came. */
  readonly limitAt: number;
  readonly run?: string;
};

/** An intent whose answer never came: a client may exist. */
export type Suspect = Omit<Intent, 'limitAt'> & { readonly reason: string; readonly since: number };

/** A client we know of and cannot delete; with what a person needs to delete it by hand. */
export type Orphan = {
  readonly clientId: string;
  readonly server: ServerRecord;
  readonly marker: string;
  readonly reason: string;
  readonly since: number;
  readonly access?: Access;
};

/** A call under way at a client configuration endpoint. */
export type Call = {
  readonly clientId: string;
  readonly verb: 'read' | 'update' | 'remove';
  readonly requested?: JsonObject;
  readonly key?: KeyPair;
  readonly keySet?: KeySet;
  readonly startedAt: number;
  readonly limitAt: number;
};

/** A row per client ever made. */
export type LedgerRow = {
  readonly clientId: string;
  readonly server: string;
  readonly madeAt: number;
  readonly madeByRun?: string;
  readonly endedAt?: number;
  /** How the end is known: `deleted`, `gone`, `orphan`, `forgotten`. */
  readonly ended?: 'deleted' | 'gone' | 'orphan' | 'forgotten';
};

/** A rotation that was begun. */
export type RotationUnderWay = {
  readonly reason: 'age' | 'expiry' | 'asked' | 'leak';
  readonly strategy: 'replace' | 'in-place' | 'keys';
  readonly startedAt: number;
  readonly run?: string;
};

/** A run of a workflow; a re-run keeps the id and counts up the attempt. */
export type Applier = { readonly runId: number; readonly attempt: number };

/** What is remembered of one registration. Saved after every step; everything is decided from it. */
export type RegistrationRecord = {
  readonly version: typeof RECORD_VERSION;
  readonly key: string;
  /** What was asked for last; kept so that rotation and teardown need no manifest. */
  readonly desired: Desired;
  readonly server: ServerRecord;
  readonly owner?: Owner;
  /** Epoch milliseconds after which an owned registration ends. */
  readonly expiresAt?: number;
  /** The newest run whose wish was taken in. */
  readonly appliedBy?: Applier;
  /** Set when the registration is to end; everything of it is then removed. */
  readonly ending?: { readonly since: number; readonly reason: string };
  readonly rotation?: RotationUnderWay;
  /** After a rotation that failed: no scheduled one before this time. */
  readonly rotationHeldUntil?: number;
  /** When the credentials in use were last replaced. */
  readonly rotatedAt?: number;
  readonly clients: readonly Client[];
  readonly intent?: Intent;
  readonly call?: Call;
  readonly suspects: readonly Suspect[];
  readonly orphans: readonly Orphan[];
  readonly published: readonly Publication[];
  readonly announced?: {
    readonly clientId: string;
    /** The key that was announced, where keys are rotated. */
    readonly keyId?: string;
    readonly at: number;
  };
  readonly traits: Traits;
  readonly ledger: readonly LedgerRow[];
  /** After a failure: not before this time. */
  readonly backOff?: { readonly failures: number; readonly until: number };
};
