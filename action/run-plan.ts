import { bind, gather } from './gather.ts';
import { planClients, planSummary, tellPlan } from './plan.ts';
import { aliveRecords } from './select.ts';
import type { Done, Work } from './work.ts';

const UNKNOWN =
  'The input state-key is empty, so what is registered already is not known: this is what a first deploy would do.';

/** Shows what apply would do; sends nothing that changes anything. */
export async function runPlan({ inputs, context, network, session, to }: Work): Promise<Done> {
  const binding = await bind(inputs, context, session.github);
  const { reading, file, warnings } = await gather(inputs, context, binding, session.github);
  const jobOnly = reading.desired.every(({ ttl }) => ttl === 'job');
  const open = jobOnly || inputs.stateKey === undefined ? undefined : await session.open(binding.environment);
  const records = open?.state.registrations ?? {};
  const planned = await planClients(reading, records, network.http, {
    now: network.clock.now(),
    untried: !inputs.verify,
  });
  const sentence = jobOnly ? `${binding.environment}: its clients are deleted when the job ends` : binding.sentence;
  to.info(sentence);
  tellPlan(to, planned);
  const wanted = new Set(reading.desired.map(({ key }) => key));
  const left =
    open === undefined || inputs.clients.length > 0 ? [] : aliveRecords(open).filter(({ key }) => !wanted.has(key));
  const leaving = left.map(
    ({ desired }) =>
      `${desired.name} (${desired.key}): is not in the manifest any more; ${inputs.prune ? 'it would end' : 'it would stay, and end with prune: true'}`,
  );
  for (const line of leaving) to.info(line);
  const all = jobOnly || open !== undefined ? warnings : [...warnings, UNKNOWN];
  return {
    reports: [],
    problems: planned.flatMap(({ problem }) => (problem === undefined ? [] : [problem])),
    warnings: all,
    summary: planSummary(planned, sentence, [...all, ...leaving]),
    ...(file !== undefined && { file }),
  };
}
