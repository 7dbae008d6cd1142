import { isRegistrarError, type RegistrarError } from '../errors/registrar-error.ts';
import type { Http } from '../http/http.ts';
import type { ServerReference } from '../manifest/desired.ts';
import { addressOf, assemble, endpointsIn, isComplete, surveyServer, unread } from './discover-server.ts';
import type { Endpoints, Server } from './server.ts';
import { entry, lookAt } from './survey.ts';

/** A server with everything that its documents say. */
export type Examination = {
  readonly address: string;
  readonly endpoints: Endpoints;
  /** The server as the rest of the product would find it. */
  readonly server?: Server;
  /** Why there is no `server`. */
  readonly problem?: RegistrarError;
};

/**
 * Finds a server as `discoverServer` does and reads the remaining documents too, for people who want to know what there
 * is. What goes wrong is the `problem`; nothing that `http` can reject with is thrown.
 */
export async function examineServer(reference: ServerReference, http: Http): Promise<Examination> {
  const address = addressOf(reference);
  let latest = unread(reference);
  try {
    await surveyServer(reference, async (place, base, survey) => {
      try {
        latest = await lookAt(place, base, survey, http);
      } catch (error) {
        if (!isRegistrarError(error) || !isComplete(survey)) throw error;
        const outcome = 'names a registration endpoint of another origin, which is not used';
        latest = { ...survey, trail: [...survey.trail, entry(place, outcome)] };
      }
      return latest;
    });
    return { address, endpoints: endpointsIn(latest), server: assemble(address, latest) };
  } catch (error) {
    if (!isRegistrarError(error)) throw error;
    return { address, endpoints: endpointsIn(latest), problem: error };
  }
}
