import type { ApplyAnswer, ApplyBody, ErrorAnswer } from '../../../shared/api/worker-api.ts';
import type { HookEvent } from '../../../worker/webhooks/delivery.ts';
import type { AuthorizationServer } from '../../support/authorization-server.ts';
import { type Claims, pullRequestRun, REPOSITORY } from './issuer.ts';
import { type Answer, type TestWorker, until, wish } from './worker.ts';

type Told = HookEvent extends infer Event ? (Event extends HookEvent ? Omit<Event, 'repositoryId'> : never) : never;

/** What is asked for otherwise than usual; `more` is put over the metadata. */
type Changes = Partial<ApplyBody['desired']> & { readonly more?: Readonly<Record<string, string | string[]>> };

/** Previews of pull requests that share a client, a new group of them for each test. */
export type Sharing = {
  /** Begins a group with a client of its own. */
  readonly begin: () => void;
  /** Number of the pull request at a place in the group. */
  readonly pull: (place: number) => number;
  readonly pattern: () => string;
  /** Key of the registration that the group shares. */
  readonly key: () => string;
  readonly wanted: (pull: number, changes?: Changes) => ApplyBody;
  readonly deploy: (pull: number, changes?: Changes, claims?: Claims) => Promise<Answer<ApplyAnswer & ErrorAnswer>>;
  readonly deliver: (event: Told, id?: string) => Promise<string>;
  /** Redirect URIs of the clients at the server. */
  readonly atServer: () => readonly (readonly string[])[];
  /** Waits until one client is left, with the URIs of these; or none, where none is named. */
  readonly left: (...pulls: readonly number[]) => Promise<void>;
};

export const pullRequest = (number: number) => ({ kind: 'pull_request', number }) as const;
export const closed = (number: number, at = Date.now()): Told => ({
  kind: 'owner_ended',
  owner: pullRequest(number),
  at,
});
export const reopened = (number: number, at = Date.now()): Told => ({
  kind: 'owner_reopened',
  owner: pullRequest(number),
  at,
});
/** Where users of a preview come back to. */
export const uri = (number: number) => `https://pr-${number}.preview.example.org/callback`;

export function createSharing(
  parts: () => { readonly server: AuthorizationServer; readonly worker: TestWorker },
): Sharing {
  let group = 0;
  let deliveries = 0;
  const pattern = () => `pr-${group}*`;
  const wanted: Sharing['wanted'] = (number, { more, ...changes } = {}) => {
    const { desired } = wish(parts().server);
    const metadata = { ...desired.metadata, redirect_uris: [uri(number)], ...more };
    return { desired: { ...desired, metadata, shared: pattern(), ...changes }, owner: pullRequest(number) };
  };
  const atServer = () =>
    parts()
      .server.clients()
      .map(({ metadata }) => (metadata.redirect_uris as string[]).toSorted());
  return {
    begin: () => {
      group += 1;
    },
    pull: (place) => group * 100 + place,
    pattern,
    key: () => `shared/previews/${pattern()}/web`,
    wanted,
    deploy: (number, changes, claims) =>
      parts().worker.apply(`pr-${number}/web`, wanted(number, changes), pullRequestRun(number, claims)),
    deliver: async (event, id) => {
      deliveries += 1;
      const told = { ...event, repositoryId: REPOSITORY.id } as HookEvent;
      const delivery = { id: id ?? `github:shared-${deliveries}`, receivedAt: Date.now(), event: told };
      return (await parts().worker.object()).takeDelivery(delivery);
    },
    atServer,
    left: (...pulls) => {
      const expected = JSON.stringify(pulls.length === 0 ? [] : [pulls.map(uri)]);
      return until(async () => JSON.stringify(atServer()) === expected);
    },
  };
}
