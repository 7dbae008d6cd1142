/** What only runs that publish need; loaded when it is, because sealed boxes take long to load. */
export { withEnvironments } from '../shared/publish/environment-sink.ts';
export { createGitHubSink } from '../shared/publish/github-sink.ts';
export { tokenKindOf } from '../shared/publish/token-kind.ts';
