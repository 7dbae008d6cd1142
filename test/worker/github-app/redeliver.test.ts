import { afterEach, describe, expect, it } from 'vitest';
import { NOW, type Scene, startScene } from './support/app.ts';

let scene: Scene;
afterEach(() => scene.github.close());

const MINUTE = 60_000;

/** Deliveries, the oldest first: one letter names one, and its later attempts. */
async function withDeliveries(
  attempts: readonly { readonly guid: string; readonly ago: number; readonly code: number }[],
) {
  scene = await startScene();
  attempts.forEach(({ guid, ago, code }, index) => {
    scene.github.app?.deliveries.push({ id: index + 1, guid, deliveredAt: NOW - ago, statusCode: code });
  });
}

const since = (ago: number) => scene.app.redeliverFailed({ since: NOW - ago });
const asked = () => scene.github.app?.redelivered;

describe('deliveries that failed', () => {
  it('are asked for again, the oldest first; what arrived later is not', async () => {
    await withDeliveries([
      { guid: 'a', ago: 50 * MINUTE, code: 503 },
      { guid: 'b', ago: 40 * MINUTE, code: 202 },
      { guid: 'c', ago: 30 * MINUTE, code: 0 },
      { guid: 'd', ago: 20 * MINUTE, code: 500 },
      { guid: 'd', ago: 10 * MINUTE, code: 202 },
      { guid: 'a', ago: 5 * MINUTE, code: 500 },
    ]);
    expect(await since(60 * MINUTE)).toEqual({ asked: 2, givenUp: 0, complete: true });
    // Of `a` the newest attempt is named; which one does not matter to GitHub.
    expect(asked()).toEqual([3, 6]);
  });

  it('are left alone if they are older than asked, or than GitHub keeps them', async () => {
    await withDeliveries([
      { guid: 'a', ago: 73 * 60 * MINUTE, code: 500 },
      { guid: 'b', ago: 70 * MINUTE, code: 500 },
      { guid: 'c', ago: 10 * MINUTE, code: 500 },
    ]);
    expect(await since(60 * MINUTE)).toEqual({ asked: 1, givenUp: 0, complete: true });
    expect(asked()).toEqual([3]);
    expect(await since(100 * 60 * MINUTE)).toMatchObject({ asked: 2 });
  });

  it('are given up after five attempts', async () => {
    await withDeliveries(Array.from({ length: 5 }, () => ({ guid: 'a', ago: MINUTE, code: 500 })));
    expect(await since(60 * MINUTE)).toEqual({ asked: 0, givenUp: 1, complete: true });
    expect(asked()).toEqual([]);
  });

  it('are asked for in bounded pieces', async () => {
    await withDeliveries(Array.from({ length: 30 }, (_, index) => ({ guid: `g${index}`, ago: MINUTE, code: 500 })));
    expect(await since(60 * MINUTE)).toEqual({ asked: 20, givenUp: 0, complete: false });
    expect(asked()).toHaveLength(20);
  });

  it('are looked for on several pages, and on no more than five', async () => {
    const many = Array.from({ length: 620 }, (_, index) => ({
      guid: `g${index}`,
      ago: MINUTE,
      code: index % 100 === 0 ? 500 : 202,
    }));
    await withDeliveries(many);
    expect(await since(60 * MINUTE)).toEqual({ asked: 5, givenUp: 0, complete: false });
    expect(scene.github.count({ template: '/app/hook/deliveries', method: 'GET' })).toBe(5);
  });

  it('wait while GitHub is in trouble', async () => {
    await withDeliveries([{ guid: 'a', ago: MINUTE, code: 500 }]);
    scene.github.fault({ template: '/attempts', answer: { kind: 'status', status: 500 } });
    await expect(since(60 * MINUTE)).rejects.toMatchObject({ code: 'github_failed' });
    expect(await since(60 * MINUTE)).toMatchObject({ asked: 1 });
  });
});
