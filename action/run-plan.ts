import { bind, gather } from './gather.ts';
import { planClients, planSummary, tellPlan } from './plan.ts';
import type { Done, Work } from './work.ts';

/** Shows what apply would do; sends nothing that changes anything. */
export async function runPlan({ inputs, context, network, session, to }: Work): Promise<Done> {
  const binding = await bind(inputs, context, session.github);
  const { reading, file, warnings } = await gather(inputs, context, binding, session.github);
  const lasting = reading.desired.some(({ ttl }) => ttl !== 'job') && inputs.stateKey !== undefined;
  const records = lasting ? (await session.open(binding.environment)).state.registrations : {};
  const planned = await planClients(reading, records, network.http, network.clock.now());
  const jobOnly = reading.desired.every(({ ttl }) => ttl === 'job');
  to.info(jobOnly ? `${binding.environment}: its clients are deleted when the job ends` : binding.sentence);
  tellPlan(to, planned);
  return {
    reports: [],
    problems: planned.flatMap(({ problem }) => (problem === undefined ? [] : [problem])),
    warnings,
    summary: planSummary(planned),
    ...(file !== undefined && { file }),
  };
}
