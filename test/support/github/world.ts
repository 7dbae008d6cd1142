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

/** Everything GitHub keeps; plain data, so that a stale read can be answered from a clone. */
export type World = {
  level: Level;
  environments: Map<string, Environment>;
  objects: Map<string, GitObject>;
  refs: Map<string, string>;
  pulls: Map<number, Pull>;
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
