import { askOwners } from './ask-owner.ts';
import { listEnvironments } from './standalone/list-environments.ts';
import { createStateCalls } from './standalone/state-calls.ts';
import { summaryOf } from './summary.ts';
import { sweepEnvironments } from './sweep.ts';
import type { Done, Work } from './work.ts';

/** Ends what belongs to closed pull requests, gone branches and passed times to live, in all environments. */
export async function runSweep(work: Work): Promise<Done> {
  const { inputs, context, network, session, to, stopping } = work;
  const { owner, repo } = context;
  const request = await session.github();
  const { clock, log } = network;
  const environments =
    inputs.environment === undefined
      ? await listEnvironments(createStateCalls({ request, owner, repo, clock, log }))
      : [inputs.environment];
  const warnings: string[] = [];
  const warn = (line: string) => void warnings.push(line);
  const { reports, problems } = await sweepEnvironments({
    environments,
    session,
    ownerEnded: askOwners({ request, owner, repo, warn }),
    stopping,
    run: context.run,
    warn,
  });
  to.info(
    `Looked at ${environments.length === 1 ? '1 environment' : `${environments.length} environments`}; ${reports.length === 0 ? 'nothing has ended' : `${reports.length} ended`}.`,
  );
  const sentence =
    'What belongs to closed pull requests, gone branches and passed times to live has ended; nothing else was touched.';
  return {
    reports,
    problems,
    warnings,
    summary: summaryOf({
      environment: environments.length === 1 ? environments.join() : `${environments.length} environments`,
      sentence,
      reports,
      warnings,
      now: clock.now(),
    }),
  };
}
