import type { Json, JsonObject } from '../ports/ports.ts';
import type { Desired } from './desired.ts';
import type { Finding } from './problems.ts';

/** Members of client metadata that each environment brings to a client it shares; all others are the same for all. */
export const CONTRIBUTED_MEMBERS: readonly string[] = ['redirect_uris', 'post_logout_redirect_uris'];

/** Templates whose values are another one in each environment. */
const OWN_TEMPLATE = /(?<!\$)\$\{\s*(environment|pull_request|branch|sha|url)\s*\}/u;

/**
 * What cannot be asked for together with `shared`: what one environment would do to the others, and publishing, because
 * each name that is published to belongs to one registration.
 */
export function sharedFindings({ shared, publish, rotation, announce, update }: Desired): readonly Finding[] {
  if (shared === undefined) return [];
  const together = (member: string, why: string): Finding => ({
    at: [member],
    message: `does not go together with shared: ${why}`,
    expected: `the client without ${member}`,
  });
  return [
    ...(publish.length > 0 ? [together('publish', 'credentials of a client that is shared are outputs only')] : []),
    ...(rotation === undefined ? [] : [together('rotate', 'a rotation would break every environment at once')]),
    ...(announce === undefined ? [] : [together('announce', 'what is not rotated is not announced')]),
    ...(update === 'replace'
      ? [{ ...together('update', 'a new client would break every environment at once'), expected: 'interrupt' }]
      : []),
  ];
}

/** Members that would differ between the environments, as they are written. */
export function ownTemplates(written: JsonObject = {}): readonly Finding[] {
  return Object.entries(written).flatMap(([member, value]): readonly Finding[] => {
    const [, name] = CONTRIBUTED_MEMBERS.includes(member) ? [] : (OWN_TEMPLATE.exec(textOf(value)) ?? []);
    if (name === undefined) return [];
    return [
      {
        at: ['metadata', member],
        message: `has \${${name}}, which differs between the environments that share the client`,
        expected: `${member} without it`,
      },
    ];
  });
}

function textOf(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
