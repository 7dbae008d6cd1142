import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { branchEnvironment } from '../../shared/manifest/branch-environment.ts';

/** The environment of a branch, as the Action names it. */
export function environmentOfBranch(branch: string): string {
  return branchEnvironment(branch, (text) => bytesToHex(sha256(utf8ToBytes(text))));
}
