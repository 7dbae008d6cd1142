import { arm } from './arm.ts';
import type { Home } from './home.ts';
import { logLine, whereThrown } from './platform.ts';

/** Does work on a registration; then, without keeping anybody waiting, tells the inventory and sets the alarm. */
export async function finishing<T>(home: Home, key: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } finally {
    home.inventory
      .write(key)
      .then(() => arm(home))
      .catch((error: unknown) => logLine({ at: 'finishing', repository: home.repositoryId, ...whereThrown(error) }));
  }
}
