import type { Candidate } from './server.ts';
import { embedded } from './servers/embedded.ts';

/** All servers, in the order of the table. */
export const CANDIDATES: readonly Candidate[] = [...embedded];
