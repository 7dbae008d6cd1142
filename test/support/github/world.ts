import type { GitObject } from './git-objects.ts';

export type SecretEntry = { value: string; createdAt: string; updatedAt: string };
export type VariableEntry = { name: string; value: string; createdAt: string; updatedAt: string };

/** A repository or one of its environments: what holds secrets and variables under a key pair of its own. */
export type Level = {
  keyId: string;
  publicKey: Uint8Array;
  privateKey: Uint8Array;
  /** By name in upper case, as GitHub compares them. */
  secrets: Map<string, SecretEntry>;
  variables: Map<string, VariableEntry>;
};

export type Environment = { id: number; name: string; settings: Record<string, unknown>; level: Level };

export type Pull = {
  number: number;
  state: 'open' | 'closed';
  merged: boolean;
  head: { ref: string; sha: string; repository: { id: number; owner: string; name: string } | null };
  base: { ref: string; sha: string };
};

/** A GitHub App where an account installed it. */
export type Installation = {
  readonly id: number;
  readonly account: { readonly id: number; readonly login: string };
  readonly permissions: Readonly<Record<string, 'read' | 'write'>>;
  /** Ids of the repositories it was given. */
  readonly repositories: readonly number[];
  readonly suspended?: boolean;
};

/** One GitHub App, its installations, and what it was sent. */
export type App = {
  readonly id: string;
  /** PEM. */
  readonly publicKey: string;
  installations: readonly Installation[];
  /** Names that the repository had before, which GitHub redirects. */
  readonly formerNames?: readonly string[];
  /** Other repositories by name. */
  readonly otherNames?: Readonly<Record<string, number>>;
  /** False for an answer without the list of repositories, which is optional. */
  readonly namesRepositories?: boolean;
  readonly tokens: Map<
    string,
    {
      readonly installation: number;
      readonly repositories: readonly number[];
      readonly permissions: Installation['permissions'];
      readonly expiresAt: number;
    }
  >;
  readonly deliveries: {
    readonly id: number;
    readonly guid: string;
    readonly deliveredAt: number;
    readonly statusCode: number;
  }[];
  /** Ids of deliveries that were asked for again. */
  readonly redelivered: number[];
};

/** Everything GitHub keeps; plain data, so that a stale read can be answered from a clone. */
export type World = {
  level: Level;
  environments: Map<string, Environment>;
  objects: Map<string, GitObject>;
  refs: Map<string, string>;
  pulls: Map<number, Pull>;
  dispatches: { readonly type: string; readonly payload: Readonly<Record<string, unknown>> }[];
  app?: App;
};

export type Repository = {
  readonly owner: string;
  readonly name: string;
  readonly id: number;
  readonly ownerId: number;
  readonly private: boolean;
  readonly defaultBranch: string;
};

/** Names of git refs that GitHub lets the API create; whether it takes any is not documented. */
export type RefPolicy = 'any' | 'branches-and-tags';

export type Limits = { readonly valueBytes: number; readonly secrets: number; readonly variables: number };
