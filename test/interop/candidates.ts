import type { Candidate } from './server.ts';
import { authlib } from './servers/authlib.ts';
import { embedded } from './servers/embedded.ts';

/** All servers, in the order of the table. */
export const CANDIDATES: readonly Candidate[] = [...embedded, ...authlib];
