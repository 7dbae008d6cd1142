/** What only runs that keep state need; loaded when it is, so that a job-only client starts sooner. */
export { parseStateKeys } from '../shared/record/seal.ts';
export { openStore } from './standalone/git-store.ts';
