import { expect, it } from 'vitest';
import { atTheEnd, authorizationServer } from './support/closing.ts';
import { DAY, gitHubFor, inProcessRun, movedClock } from './support/in-process.ts';
import { manifest, PUBLISH } from './support/manifests.ts';

const pull = { kind: 'pull_request', number: 5 } as const;

it('an untouched production registration survives two years of sweeps, an owned one ends after its ttl', async () => {
  const clock = movedClock();
  const [as, github] = await Promise.all([authorizationServer(), gitHubFor(clock)]);
  atTheEnd(github.close);
  const run = inProcessRun({ github, clock });
  const production = { manifest: manifest(as.fhirBase('r4'), PUBLISH), environment: 'production' };
  const preview = { manifest: manifest(as.fhirBase('r4')), environment: 'pr-5', owner: pull };
  const [kept] = await run.apply(production);
  const [owned] = await run.apply(preview);
  github.pull({ number: 5, head: { ref: 'feature', sha: 'a'.repeat(40) } });
  const published = [github.variables(), github.secrets()];
  const writes = () => github.calls.filter(({ method }) => method !== 'GET').length;

  const writesBefore = writes();
  clock.move(3 * DAY);
  await run.apply(preview);
  expect(writes()).toBe(writesBefore);
  clock.move(6 * DAY);
  await run.apply(preview);
  expect(writes(), 'a time to live that is half over is renewed and saved').toBeGreaterThan(writesBefore);

  const alive: number[] = [];
  const writesThen = writes();
  let writesEnded = 0;
  for (let day = 9; day < 740; day += day < 30 ? 1 : 10) {
    const { problems, warnings } = await inProcessRun({ github, clock, runId: 1000 + day }).sweep();
    expect([problems, warnings]).toEqual([[], []]);
    alive.push(as.clients().length);
    const left = as.client(owned?.record?.clients[0]?.clientId ?? '');
    expect(left === undefined, `day ${day}`).toBe(day >= 23);
    if (day === 22) expect(writes()).toBe(writesThen);
    if (day === 24) writesEnded = writes();
    clock.move((day < 30 ? 1 : 10) * DAY);
  }
  expect(alive.at(-1)).toBe(1);
  expect(as.client(kept?.record?.clients[0]?.clientId ?? '')).toBeDefined();
  expect([github.variables(), github.secrets()]).toEqual(published);

  const { state } = await run.session.open('pr-5');
  expect(state.registrations, 'a year after its end the client leaves the ledger').toEqual({});
  expect(writes() - writesEnded, 'sweeps write nothing but that').toBeLessThanOrEqual(3);
  const again = await inProcessRun({ github, clock, runId: 5000 }).apply(production);
  expect(again[0]?.events).toEqual([]);
  expect(again[0]?.record).toEqual(kept?.record);
});
