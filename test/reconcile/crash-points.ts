import { describe, expect, it } from 'vitest';
import { play } from './crash-point.ts';
import { FAULTS } from './faults.ts';
import { type Journey, kindsFor } from './journeys.ts';
import { keyPool } from './key-pool.ts';
import type { PortCall } from './world.ts';

/** Every journey at every kind of server, with every way of going wrong at every port call. */
export function crashPoints({
  journeys,
  ports,
  points: expected,
}: {
  readonly journeys: Readonly<Record<string, Journey>>;
  /** The ports that some point has to reach. */
  readonly ports: readonly PortCall[];
  /** Not to become fewer without anybody noticing; docs/reliability.md has the figure. */
  readonly points: number;
}): void {
  let points = 0;
  const reached = new Set<PortCall>();

  describe.each(Object.entries(journeys))('%s', (_name, journey) => {
    describe.each([
      ['owned', true],
      ['permanent', false],
    ])('of a registration that is %s', (_how, owned) => {
      it.each(kindsFor(journey))(
        'keeps the rules at a server %s, whatever goes wrong and where',
        async (_what, kind) => {
          if (journey.ownedOnly === true && !owned) return;
          for (const fault of FAULTS) {
            for (let index = 0; ; index += 1) {
              keyPool.restart();
              const hit = await play({ journey, kind, owned, index, fault }).catch((error: unknown) => {
                throw new Error(`port call ${index} ${fault}: ${error instanceof Error ? error.message : error}`, {
                  cause: error,
                });
              });
              if (hit === undefined) break;
              reached.add(hit);
              points += 1;
            }
          }
        },
      );
    });
  });

  it('has tried every port, at as many points as ever', () => {
    console.info(`${points} crash points`);
    expect([...reached].sort()).toEqual([...ports].sort());
    expect(points).toBe(expected);
  });
}
