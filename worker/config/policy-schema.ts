import * as z from 'zod';
import { numericId } from './numeric-id.ts';
import { expecting } from './shape-problems.ts';

const ref = () => z.string().regex(/^refs\/(?:heads|tags)\/.+$/, expecting('a full ref, such as refs/heads/main'));
const label = () => z.string().optional().describe('For people only: names are never compared.');

const environmentRule = z
  .strictObject({
    refs: z
      .array(ref())
      .optional()
      .describe('Refs whose push and workflow_dispatch runs reach it; * for any characters. Default refs/heads/main.'),
    environment_claim: z
      .boolean()
      .optional()
      .describe('Whether a job with `environment:` of that name reaches it. Default true.'),
    allow: z
      .array(
        z.strictObject({
          event: z.string().regex(/^[a-z_]+$/, expecting('the name of an event, such as release')),
          refs: z.array(z.string().min(1)).optional().describe('Refs of such runs; * for any characters. Default any.'),
        }),
      )
      .optional()
      .describe('Further events whose runs reach it, such as release.'),
    owned: z
      .boolean()
      .optional()
      .describe('Whether pull requests and branches may make registrations in it that end with them. Default false.'),
    shared_credentials: z
      .boolean()
      .optional()
      .describe('Whether jobs get the credentials of a client that environments share. Default false.'),
    deploy_webhooks: z
      .boolean()
      .optional()
      .describe('Whether signed deploy webhooks act on registrations without an owner. Default false.'),
  })
  .describe('Who reaches the environment.');

const environments = z
  .record(z.string().min(1), environmentRule)
  .optional()
  .describe(
    'Rules by environment or a pattern such as pr-*. The first match wins; what it leaves out has its default.',
  );

/** POLICY, and each of POLICY_2, POLICY_3, …. docs/worker-policy.schema.json is made from it. */
export const policySchema = z
  .strictObject({
    $schema: z.string().optional().describe('Address of this schema, for editors.'),
    owners: z
      .array(
        z.strictObject({
          id: numericId(),
          name: label(),
          all_repositories: z
            .boolean()
            .optional()
            .describe('Every repository of it may use the Worker, without being listed. Default false.'),
        }),
      )
      .optional()
      .describe('Accounts whose repositories may use the Worker.'),
    repositories: z
      .array(z.strictObject({ id: numericId(), name: label(), environments }))
      .optional()
      .describe('Repositories that may use the Worker; the owner of each has to be listed too.'),
    environments: environments.describe('Rules for every repository, after its own.'),
  })
  .describe('Which repositories may use the Worker, and which runs reach which environment.');

export type WrittenRule = z.infer<typeof environmentRule>;
