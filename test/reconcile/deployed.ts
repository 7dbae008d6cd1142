import { reconcile } from '../../shared/reconcile/reconcile.ts';
import { wantClient } from '../../shared/reconcile/want.ts';
import type { RegistrationRecord } from '../../shared/record/record.ts';
import { desired, ID, NOW, SECRET, SERVER, target } from './build.ts';
import type { Kind } from './model-server.ts';
import { world } from './world.ts';

export const PATIENT = { patienceMs: 60_000 };

/** A registration that has come to rest at a server of the given kind. */
export async function deployed(more: Parameters<typeof desired>[0] = {}, kind: Kind = {}) {
  const scene = world({ kind });
  const wish = desired({ publish: [target(ID, SECRET)], ...more });
  const { record: first } = await reconcile(wanted(undefined, wish), scene.ports, PATIENT);
  scene.port.length = 0;
  return { scene, wish, record: first };
}

export function wanted(found: RegistrationRecord | undefined, wish: RegistrationRecord['desired']) {
  return wantClient({ record: found, desired: wish, server: SERVER, now: NOW });
}
