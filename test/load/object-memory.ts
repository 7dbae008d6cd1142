import type { Measured } from '../../bench/figure.ts';
import { spread } from '../../bench/in-turns.ts';
import { exactly } from './report.ts';
import { runtimeMemory } from './runtime-memory.ts';
import type { LoadScene } from './scene.ts';

const ROUNDS = 3;
const KIB = 1024;

/**
 * What one more object in memory costs: the runtime, started anew, with one object and with those of all repositories,
 * each holding what the deliveries have left in it.
 */
export async function measureObjects(scene: LoadScene): Promise<Measured> {
  const { repositories } = scene;
  const kibibytes: number[] = [];
  let awake = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    await scene.worker.kill();
    await scene.books(repositories.slice(0, 1));
    const withOne = await runtimeMemory();
    const books = await scene.books(repositories);
    const withAll = await runtimeMemory();
    awake = new Set(books.map(({ repository }) => repository)).size;
    if (withOne !== undefined && withAll !== undefined) {
      kibibytes.push((withAll.now - withOne.now) / (repositories.length - 1) / KIB);
    }
  }
  return {
    title: `Memory of one object, ${ROUNDS} times: what ${(repositories.length - 1).toLocaleString('en')} more of them add to the runtime`,
    lines: [
      kibibytes.length > 0
        ? `each object (smallest, median, largest): ${spread(kibibytes, { unit: ' KiB' })}`
        : 'not known on this system',
    ],
    figures: [exactly('objects in memory', awake, repositories.length)],
  };
}
