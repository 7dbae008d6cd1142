import type { GitHubSink } from './github-sink.ts';
import { environmentKey, publicationKey } from './publish-place.ts';
import type { Publication, Sink } from './sink.ts';

/**
 * The sink, taking back an environment that was made for it with the last of the published names that is in it: as part
 * of removing that name, so that it is tried again when it fails. An environment that holds anything else, or was given
 * settings since, stays.
 */
export function withEnvironments(sink: GitHubSink, published: readonly Publication[]): Sink {
  const there = new Map(published.map((entry) => [publicationKey(entry), entry]));
  return {
    claim: (request) => sink.claim(request),
    write: (publication, value) => sink.write(publication, value),
    erase: async (publication) => {
      await sink.erase(publication);
      const { environment } = publication.target;
      there.delete(publicationKey(publication));
      if (environment === undefined || publication.environmentMadeByUs !== true) return;
      const place = environmentKey(publication.target);
      if ([...there.values()].some(({ target }) => environmentKey(target) === place)) return;
      await sink.eraseEnvironment(environment);
    },
  };
}
