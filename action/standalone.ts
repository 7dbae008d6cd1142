/** What only runs that keep state or publish need; loaded when it is, so that a job-only client starts sooner. */
export { createGitHubSink } from '../shared/publish/github-sink.ts';
export { tokenKindOf } from '../shared/publish/token-kind.ts';
export { parseStateKeys } from '../shared/record/seal.ts';
export { openStore } from './standalone/git-store.ts';
