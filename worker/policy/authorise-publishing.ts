import { printable } from '../../shared/errors/printable.ts';
import type { PublishTarget } from '../../shared/manifest/desired.ts';
import { authorise, type Denial, type Question } from './authorise.ts';

/**
 * Why a run may not have credentials published where it asks; undefined when it may. One that may apply publishes to the repository and to the
 * GitHub environment of the same name; another GitHub environment it has to reach as well, so that a preview plants
 * nothing in production.
 */
export function authorisePublishing(
  question: Omit<Question, 'action' | 'current' | 'owner'>,
  targets: readonly PublishTarget[],
): Denial | undefined {
  const others = targets.flatMap(({ environment }) =>
    environment === undefined || environment === question.environment ? [] : [environment],
  );
  for (const environment of others) {
    const { identity, policy } = question;
    const decision = authorise({ identity, environment, action: 'apply', policy });
    if (decision.kind === 'allowed') continue;
    return {
      kind: 'denied',
      reason: `The manifest publishes to the GitHub environment ${printable(environment, 60)}, which this run does not reach.`,
      hint: `Publish to the GitHub environment ${printable(question.environment, 60)} or to the repository. ${decision.hint}`,
    };
  }
  return undefined;
}
