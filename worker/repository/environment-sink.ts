import type { GitHubSink } from '../../shared/publish/github-sink.ts';
import { environmentKey, publicationKey } from '../../shared/publish/publish-place.ts';
import type { Publication, Sink } from '../../shared/publish/sink.ts';

/**
 * The sink, taking back an environment that was made for it with the last name that was in it: as part of removing that
 * name, so that it is tried again when it fails.
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
