import { walkInventory } from '../inventory/walk-inventory.ts';
import { type Bindings, repositoryObject } from '../repository/bindings.ts';
import { clock, logLine, whereThrown } from '../repository/platform.ts';
import { openServices } from './services.ts';

/** Deliveries that failed in this time are asked for again; those from before were, if it worked. */
const LOOK_BACK_MS = 6 * 3_600_000;

/** A bounded piece of what has to be looked after: objects whose alarm was lost, deliveries of webhooks that failed. */
export async function scheduled(env: Bindings): Promise<void> {
  try {
    const walked = await walkInventory(env.REGISTRATIONS, (id) => repositoryObject(env, id).wake());
    logLine({ at: 'cron', ...walked });
  } catch (error) {
    logLine({ at: 'cron', ...whereThrown(error) });
  }
  try {
    const { github } = await openServices(env);
    if (github === undefined) return;
    const { asked, givenUp, complete } = await github.redeliverFailed({ since: clock.now() - LOOK_BACK_MS });
    logLine({ at: 'redelivery', asked, givenUp, complete });
  } catch (error) {
    logLine({ at: 'redelivery', ...whereThrown(error) });
  }
}
