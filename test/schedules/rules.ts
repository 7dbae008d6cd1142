import { publicationKey } from '../../shared/publish/publish-place.ts';
import { ownerName } from '../../worker/repository/registration-rows.ts';
import { isSharedByPreviews } from '../../worker/repository/shared-client.ts';
import { whyBuried } from '../../worker/repository/tombstones.ts';
import { noUnrecordedClient } from '../reconcile/rules.ts';
import type { Missing } from './restore.ts';
import type { Scene } from './scene.ts';
import { FOREIGN, KEYS, type Key, keyOf, nameOf } from './wishes.ts';

class RuleBroken extends Error {}

function broken(rule: string): never {
  throw new RuleBroken(rule);
}

const MARKER = /or-[0-9a-f]{12}/;
/** What the servers here call their secrets. */
const SECRET = /\b(?:secret|token|private)-\d+\b/;

/** Watches what a schedule does for what no later look at the books would show. */
export function watchRules(scene: Scene, missing: Missing) {
  const { network, storage } = scene;
  const endAsked = new Set<Key>();
  /** Registrations of the pull request that were begun before it was known to have ended. */
  let begun = new Set<string>();
  const faults: string[] = [];
  const busy = new Map<string, number>();
  let shown = 0;

  network.watch(({ to, subject, detail, life }) => {
    if (to !== 'server') return;
    if (scene.isHeld()) faults.push(`rule 2: ${subject} is sent before the operator released what was restored`);
    const now = network.now();
    const [verb = '', url = ''] = subject.split(' ');
    if (verb === 'PUT' || verb === 'DELETE' || (verb === 'GET' && url.includes('/register/'))) {
      // Rule 2: one call at a time per client, also over the end of an object.
      if ((busy.get(url) ?? 0) > now) faults.push(`rule 2: ${subject} is sent while another call may be under way`);
      busy.set(url, now + 60_000);
    }
    const marker = MARKER.exec(detail)?.[0];
    const isOver = whyBuried(storage.sql, ownerName(scene.owner)) !== undefined;
    // Rule 5: a tombstone blocks its owner.
    if (marker !== undefined && isOver && !begun.has(marker)) {
      faults.push(`rule 5: a client is registered for a pull request that is known to have ended (life ${life})`);
    }
    if (verb === 'PUT') {
      const record = scene
        .records()
        .find(({ clients }) => clients.some(({ clientId }) => url.endsWith(`/${clientId}`)));
      const asks = record?.desired.update === 'ask' && record.owner === undefined;
      // Rule 8: an update that is known to interrupt apps waits for a decision.
      if (asks && record.traits.updateReplacesSecret === true && record.call?.verb === 'update') {
        const known = record.rotation?.strategy === 'in-place' || record.clients.some(({ uncertain }) => uncertain);
        if (!known) faults.push('rule 8: an update that replaces the secret is sent and nobody allowed it');
      }
    }
  });

  network.over(({ subject }) => void busy.delete(subject.split(' ')[1] ?? ''));

  return {
    endAsked: (key: Key) => void endAsked.add(key),
    /** The pull request has ended, as far as the object knows: what was begun by now may still be sent. */
    ended: () => {
      const marker = scene.record('pr-42/web')?.intent?.marker;
      begun = new Set(marker === undefined ? [] : [marker]);
    },
    check: () => {
      const [fault] = faults;
      if (fault !== undefined) broken(fault);
      everyClientIsKnown(scene, missing);
      neverLockedOut(scene, missing);
      publishedWorks(scene, {
        interrupted: scene.circumstances.kind.startsWith('replaces'),
        ends: missing.ends,
        credentials: missing.credentials,
      });
      onlyOurs(scene, missing);
      nothingElseEnds(scene, endAsked);
      shown = noSecretSaid(scene, shown);
    },
    /** What takes long to look through. */
    checkBooks: () => noSecretShown(scene),
  };
}

/** Rule 1, over all registrations together. */
function everyClientIsKnown({ server, network, records }: Scene, missing: Missing): void {
  const all = records();
  const suspects = all.flatMap((record) => [...record.suspects, ...(record.intent ? [record.intent] : [])]);
  noUnrecordedClient(
    { server: { ...server, alive: () => server.alive().filter(({ clientId }) => !missing.clients.has(clientId)) } },
    {
      clients: all.flatMap(({ clients }) => clients),
      orphans: all.flatMap(({ orphans }) => orphans),
      ledger: all.flatMap(({ ledger }) => ledger),
      // Those with a marker fit one client only.
      suspects: suspects.toSorted((a, b) => b.marker.length - a.marker.length),
    } as never,
    network.behind(),
  );
}

/** Rule 2: the token in the record is the one that works, unless an answer was lost and that is known. */
function neverLockedOut({ server, records }: Scene, missing: Missing): void {
  for (const record of records()) {
    for (const { clientId, access, uncertain, accessSeen, role, removal } of record.clients) {
      const client = server.find(clientId);
      const unsure = uncertain === true || accessSeen === 'refused' || record.call?.clientId === clientId;
      const leaving = role === 'leaving' && removal !== undefined;
      if (client?.alive !== true || access === undefined || unsure || leaving || missing.tokens.has(clientId)) continue;
      if (access.registrationAccessToken !== client.token) broken(`rule 2: the token of ${clientId} is not the newest`);
    }
  }
}

/** Rule 3: what apps read is of a client that is alive, and works unless an update replaced the secret. */
export function publishedWorks(
  { server, github, record, circumstances }: Scene,
  allowed: {
    readonly interrupted: boolean;
    readonly ends?: ReadonlySet<string>;
    readonly credentials: ReadonlySet<string>;
  },
  keys: readonly (typeof KEYS)[number][] = KEYS,
): void {
  for (const key of keys) {
    const text = github.names.get(nameOf(key));
    const of = record(key);
    if (text === undefined || of === undefined || of.ending !== undefined) continue;
    // A job takes no name back: one that is not ours any more keeps what it had.
    const written = of.published.filter(({ state }) => state === 'written').map(({ item }) => `secret ${item.name}`);
    if (circumstances.byJob === true && !written.includes(nameOf(key))) continue;
    const { client_id, client_secret, key_id } = JSON.parse(text) as Readonly<Record<string, string>>;
    if (client_id === undefined) broken(`what is published for ${key} names no client`);
    const client = server.find(client_id);
    if (allowed.ends?.has(client_id)) continue;
    if (client?.alive !== true) broken(`rule 3: what is published for ${key} is of ${client_id}, which is gone`);
    if (allowed.credentials.has(client_id)) continue;
    const replaced = allowed.interrupted && client.replacedSecrets.includes(client_secret ?? '');
    if (!replaced && client.secret !== client_secret)
      broken(`rule 3: the published secret of ${client_id} does not work`);
    if (key_id !== undefined && !server.acceptsKey(client_id, key_id))
      broken(`rule 3: the published key of ${client_id} does not work`);
  }
}

/** Rule 7: what is somebody else's stays, and no two registrations have one name. */
function onlyOurs({ github, records }: Scene, missing: Missing): void {
  if (github.names.get(`secret ${FOREIGN}`) !== 'somebody else’s')
    broken('rule 7: a name that is not ours was changed');
  const taken = new Set<string>();
  for (const { key, published } of records()) {
    for (const place of new Set(published.map(publicationKey))) {
      if (taken.has(place) && !missing.places.has(place))
        broken(`rule 7: ${key} publishes to ${place}, which another registration has`);
      taken.add(place);
    }
  }
}

/** Rule 4: what has no owner does not end by itself. */
function nothingElseEnds({ records, circumstances }: Scene, asked: ReadonlySet<Key>): void {
  const endAsked = new Set([...asked].map((key) => keyOf(key, circumstances)));
  for (const { key, owner, ending } of records()) {
    if (owner === undefined && !isSharedByPreviews(key) && ending !== undefined && !endAsked.has(key))
      broken(`rule 4: ${key} ends by itself`);
  }
}

/** Rule 6: no secret in a log line. */
function noSecretSaid({ lines }: Scene, from: number): number {
  for (const line of lines().slice(from)) refuseSecret(line);
  return lines().length;
}

/** Rule 6: no secret in the inventory, in what happened, or in a column that is not sealed. */
function noSecretShown({ kv, storage, records }: Scene): void {
  for (const text of kv.texts()) refuseSecret(text);
  if (records().length === 0) return;
  const columns = "SELECT key || summary || traits || coalesce(problem, '') AS text FROM registrations";
  for (const query of [columns, 'SELECT event AS text FROM events', 'SELECT reason AS text FROM tombstones']) {
    for (const { text } of storage.sql.exec<{ text: string }>(query).toArray()) refuseSecret(text);
  }
}

function refuseSecret(text: string): void {
  const found = SECRET.exec(text)?.[0];
  if (found !== undefined) broken(`rule 6: ${found} is shown`);
}

/** At rest: nothing is under way, and what is wanted is there. */
export function isAtRest(scene: Scene, key: Key): void {
  const record = scene.record(key);
  if (record === undefined) return;
  if (record.intent !== undefined || record.call !== undefined) broken(`${key} is not at rest`);
  if (record.ending !== undefined && record.clients.length > 0) {
    broken(`rule 4: ${key} has ended and still has ${record.clients[0]?.clientId}`);
  }
}

/** At rest a shared client has what its environments bring, and nothing of those that have gone. */
export function isTogether({ record, rows, server }: Scene, key: Key): void {
  const shared = record(key);
  const current = shared?.clients.find(({ role }) => role === 'current');
  if (shared === undefined || current === undefined || shared.ending !== undefined) return;
  const brought = rows<{ uris: string; held: number }>(
    `SELECT uris, held FROM contributions WHERE shared = '${shared.key}' AND ended_at IS NULL`,
  ).flatMap(({ uris, held }) =>
    (JSON.parse(uris) as { readonly redirect_uris: readonly string[] }).redirect_uris.map((uri) => ({ uri, held })),
  );
  const there = server.find(current.clientId)?.metadata.redirect_uris as readonly string[];
  for (const { uri, held } of brought) {
    if (held === 1 && !there.includes(uri)) broken(`rule 4: ${shared.key} does not have ${uri} any more`);
  }
  for (const uri of there) {
    if (!brought.some((one) => one.uri === uri)) broken(`rule 4: ${shared.key} still has ${uri}`);
  }
}
