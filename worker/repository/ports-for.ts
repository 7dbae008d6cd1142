import { withEnvironments } from '../../shared/publish/environment-sink.ts';
import { createGitHubSink } from '../../shared/publish/github-sink.ts';
import type { Publication, Sink } from '../../shared/publish/sink.ts';
import type { Announcer, Ports, Store } from '../../shared/reconcile/ports.ts';
import type { RegistrationRecord } from '../../shared/record/record.ts';
import { createRegistrationApi } from '../../shared/registration/create-registration-api.ts';
import { obtainInitialAccessToken } from '../../shared/registration/initial-access-token.ts';
import { createVerifier } from '../../shared/registration/verify.ts';
import { entryOfRecord } from '../policy/find-server.ts';
import { announceWith } from './announce.ts';
import type { Home } from './home.ts';
import { createJobSink } from './job-sink.ts';
import { makeKeySet } from './key-sets.ts';
import { withLeftNames } from './left-names.ts';
import { withOwnNames } from './names.ts';
import { type Publisher, repositoryRef, requestToPublish } from './publisher.ts';

/** The engine's ports for work on one registration. */
export function portsFor(
  home: Home,
  record: RegistrationRecord,
  {
    store,
    publisher,
    run,
    left,
  }: {
    readonly store: Store;
    /** What publishes here; the job where there is none. */
    readonly publisher: Publisher | undefined;
    readonly run: string | undefined;
    /** Told of each name at GitHub that only the job could take away. */
    readonly left: (publication: Publication) => void;
  },
): Ports {
  const { http, clock, random, log, order, settings, sql, repositoryId } = home;
  const { ownerId = '' } = repositoryRef(home);
  const entry = entryOfRecord(settings.config.servers, record.server, { repositoryId, ownerId });
  return {
    clock,
    random,
    log,
    api: createRegistrationApi({ http, clock, order }),
    verify: createVerifier({ http, clock, random }),
    sink: withOwnNames(sinkFor(home, record, publisher, left), sql, record.key),
    announce: announcerFor(publisher),
    store,
    newKeySet: () => makeKeySet({ repositoryId, publicUrl: settings.config.publicUrl, random }),
    initialAccessToken: async ({ tokenEndpoint }) =>
      entry?.initialAccess &&
      (await obtainInitialAccessToken({
        http,
        access: entry.initialAccess,
        tokenEndpoint: entry.initialAccessTokenEndpoint ?? tokenEndpoint,
      })),
    protect: () => {},
    ...(entry?.softwareStatement !== undefined && { softwareStatement: entry.softwareStatement }),
    ...(run !== undefined && { run }),
  };
}

function sinkFor(
  { clock, random, log, sql }: Home,
  record: RegistrationRecord,
  publisher: Publisher | undefined,
  left: (publication: Publication) => void,
): Sink {
  if (publisher === undefined) {
    // The App can look for itself; that a job once said so is no reason to write over what is there.
    const sink = createJobSink({ registration: record.key, now: clock.now, left });
    return withLeftNames(sink, sql, record.key, clock.now);
  }
  if (publisher.kind === 'unreachable') return unreachable(publisher.error);
  const [owner = '', repo = ''] = publisher.repository.fullName?.split('/') ?? [];
  const request = requestToPublish(publisher, record);
  const sink = createGitHubSink({ request, owner, repo, tokenKind: 'app', clock, random, log });
  return withEnvironments(sink, record.published);
}

function unreachable(error: unknown): Sink {
  const refuse = () => Promise.reject(error);
  return { claim: refuse, write: refuse, erase: refuse };
}

function announcerFor(publisher: Publisher | undefined): Announcer {
  return publisher === undefined ? async () => {} : announceWith(publisher);
}
