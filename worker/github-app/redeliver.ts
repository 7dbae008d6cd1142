import type { Clock } from '../../shared/ports/ports.ts';
import type { GitHubRequest } from '../../shared/publish/github-request.ts';
import { githubTrouble } from './github-trouble.ts';

/** What came of asking for failed deliveries. */
export type Redelivery = {
  /** Deliveries asked for again. */
  readonly asked: number;
  /** Deliveries that have failed too often to be asked for once more. */
  readonly givenUp: number;
  /** Everything since then was looked at; else the next call goes on with the same `since`. */
  readonly complete: boolean;
};

/** GitHub keeps deliveries of the last three days for this. */
const OLDEST_MS = 3 * 86_400_000;
/** Calls of one run: a free plan has 50 in all. */
const PAGES = 5;
const MOST_ASKED = 20;
const PER_PAGE = 100;
/** Something that fails this often fails by itself. */
const MOST_ATTEMPTS = 5;

type Item = { readonly id: number; readonly guid: string; readonly at: number; readonly ok: boolean };

/**
 * Asks GitHub to deliver again what it could not since `since` (epoch milliseconds), the oldest first: GitHub itself
 * never does. Rejects with `rate_limited` or `github_failed`.
 */
export async function redeliverFailed({
  request,
  since,
  clock,
}: {
  /** With the App's own token. */
  readonly request: GitHubRequest;
  readonly since: number;
  readonly clock: Pick<Clock, 'now'>;
}): Promise<Redelivery> {
  const from = Math.max(since, clock.now() - OLDEST_MS);
  try {
    const { items, complete } = await readSince(request, from);
    const byGuid = new Map<string, Item[]>();
    for (const item of items) byGuid.set(item.guid, [...(byGuid.get(item.guid) ?? []), item]);
    const failed = [...byGuid.values()].filter((attempts) => attempts.every(({ ok }) => !ok)).reverse();
    const worthIt = failed.filter((attempts) => attempts.length < MOST_ATTEMPTS);
    const now = worthIt.slice(0, MOST_ASKED);
    for (const [newest] of now) {
      await request('POST /app/hook/deliveries/{delivery_id}/attempts', { delivery_id: newest?.id });
    }
    return {
      asked: now.length,
      givenUp: failed.length - worthIt.length,
      complete: complete && now.length === worthIt.length,
    };
  } catch (error) {
    throw githubTrouble('Looking for failed deliveries', error, clock.now());
  }
}

/** Deliveries and redeliveries, the newest first, as GitHub lists them. */
async function readSince(
  request: GitHubRequest,
  since: number,
): Promise<{ readonly items: readonly Item[]; readonly complete: boolean }> {
  const items: Item[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < PAGES; page += 1) {
    const { data, headers } = await request('GET /app/hook/deliveries', { per_page: PER_PAGE, cursor });
    const read = (Array.isArray(data) ? data : []).flatMap(readItem);
    items.push(...read.filter(({ at }) => at >= since));
    cursor = nextCursor(String(headers.link ?? ''));
    if (cursor === undefined || read.some(({ at }) => at < since)) return { items, complete: true };
  }
  return { items, complete: false };
}

function readItem(entry: unknown): readonly Item[] {
  const { id, guid, delivered_at, status_code } = entry as Record<string, unknown>;
  const at = Date.parse(String(delivered_at));
  if (typeof id !== 'number' || typeof guid !== 'string' || Number.isNaN(at)) return [];
  return [{ id, guid, at, ok: typeof status_code === 'number' && status_code >= 200 && status_code < 300 }];
}

function nextCursor(link: string): string | undefined {
  const url = /<([^<>]+)>;\s*rel="next"/u.exec(link)?.[1];
  return (url && URL.canParse(url) && new URL(url).searchParams.get('cursor')) || undefined;
}
