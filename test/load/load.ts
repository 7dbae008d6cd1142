import { print } from '../../bench/print.ts';
import { applyAtOnce } from './applies.ts';
import { takeDeliveries } from './deliveries.ts';
import { walkInventory } from './inventory.ts';
import { measureObjects } from './object-memory.ts';
import { openLoadScene } from './scene.ts';

// The runtime would ask the network for what nothing here needs.
process.env.CLOUDFLARE_CF_FETCH_ENABLED = 'false';
process.env.WRANGLER_SEND_METRICS = 'false';
// A trace of every call, each a write to a database of its own.
process.env.X_LOCAL_OBSERVABILITY = 'false';

const began = performance.now();
const scene = await openLoadScene();
let failures = 0;
try {
  // In this order: the inventory is filled with copies of what the applies have made.
  for (const load of [takeDeliveries, measureObjects, applyAtOnce, walkInventory]) {
    const measured = await load(scene);
    print(measured);
    failures += measured.figures.filter(({ holds }) => !holds).length;
  }
} finally {
  await scene.close();
}
const seconds = ((performance.now() - began) / 1000).toFixed(0);
console.log(`\n${failures === 0 ? 'Nothing is lost.' : `${failures} of these FAILED.`} ${seconds} s.`);
process.exitCode = failures === 0 ? 0 : 1;
