import { readFile } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { printable } from '../shared/errors/printable.ts';
import { RegistrarError } from '../shared/errors/registrar-error.ts';
import type { ManifestReading } from '../shared/manifest/assemble-clients.ts';
import type { ManifestOptions } from '../shared/manifest/desired-client.ts';
import { desiredFromInputs } from '../shared/manifest/desired-from-inputs.ts';
import { describeProblem } from '../shared/manifest/problems.ts';
import { readManifest } from '../shared/manifest/read-manifest.ts';
import type { GitHubRequest } from '../shared/publish/github-request.ts';
import { type Binding, bindRun } from './binding/bind-run.ts';
import { createPullRequestLookUp } from './binding/look-up-pull-request.ts';
import { readRepositoryFile } from './binding/read-repository-file.ts';
import { DEFAULT_MANIFEST, type Inputs } from './inputs.ts';
import { variableName } from './outputs.ts';
import type { RunContext } from './run-context.ts';

/**
 * Events whose runs have the repository's secrets and are started by what outsiders do: whatever lies in the workspace,
 * checked out or left there by an earlier job, may be theirs.
 */
const ALWAYS_FROM_GITHUB: ReadonlySet<string> = new Set(['pull_request_target', 'workflow_run', 'issue_comment']);

/** What this run is asked to do, before anything is sent to an authorization server. */
export type Gathered = {
  readonly binding: Binding;
  readonly reading: ManifestReading;
  /** Path of the manifest, when there is one. */
  readonly file?: string;
  /** Things that are allowed but probably not meant. */
  readonly warnings: readonly string[];
};

/** Finds out owner and environment. */
export async function bind(
  inputs: Inputs,
  context: RunContext,
  github: () => Promise<GitHubRequest>,
): Promise<Binding> {
  return bindRun({
    inputs: {
      ...(inputs.environment !== undefined && { environment: inputs.environment }),
      ...(inputs.pullRequest !== undefined && { pullRequest: inputs.pullRequest }),
      ...(inputs.branch !== undefined && { branch: inputs.branch }),
    },
    eventName: context.eventName,
    payload: context.payload,
    ref: context.ref,
    sha: context.sha,
    lookUpPullRequest: async (sha) => createPullRequestLookUp({ request: await github(), ...context })(sha),
  });
}

/** Reads the manifest or the inputs that stand for one, for the environment of the run. */
export async function gather(
  inputs: Inputs,
  context: RunContext,
  binding: Binding,
  github: () => Promise<GitHubRequest>,
): Promise<Gathered> {
  const options = manifestOptions(inputs, context, binding);
  const text = await readManifestFile(inputs, context, github);
  const reading =
    text === undefined ? desiredFromInputs(inputs, options) : readManifest({ text, path: inputs.manifest }, options);
  checkTogether(inputs, reading);
  return {
    binding,
    reading,
    ...(text !== undefined && { file: inputs.manifest }),
    warnings: [
      ...(binding.note === undefined || reading.desired.every(({ ttl }) => ttl === 'job') ? [] : [binding.note]),
      ...reading.warnings.map((problem) => describeProblem(problem, text === undefined ? undefined : inputs.manifest)),
      ...withoutEffect(inputs, reading),
    ],
  };
}

/** What is asked for and will not happen. */
function withoutEffect(inputs: Inputs, { desired }: ManifestReading): readonly string[] {
  const permanent = desired.filter(({ ttl, owner }) => ttl !== undefined && ttl !== 'job' && owner === undefined);
  const announced = desired.filter(({ announce }) => announce !== undefined);
  const rotated = desired.filter(
    ({ ttl, rotation }) =>
      ttl !== 'job' &&
      rotation !== undefined &&
      (rotation.strategy !== 'in-place' || rotation.everySeconds !== undefined),
  );
  const named = (clients: typeof desired) => clients.map(({ name }) => name).join(', ');
  return [
    ...(permanent.length > 0
      ? [
          `The ttl of ${named(permanent)} has no effect without an owner: give pull-request or branch, or delete it when its time is over.`,
        ]
      : []),
    ...(announced.length > 0 && inputs.workerUrl === undefined
      ? [`announce: dispatch of ${named(announced)} needs the Worker; without one nothing is started.`]
      : []),
    ...(rotated.length > 0 && !inputs.verify && inputs.workerUrl === undefined
      ? [
          `rotate of ${named(rotated)} has no effect in runs with verify: false, since new credentials that were not tried do not replace those in use. Run without verify: false to rotate.`,
        ]
      : []),
  ];
}

/** What must not be mixed: one server's initial access token sent to another, two clients' credentials in one variable. */
function checkTogether(inputs: Inputs, { desired }: ManifestReading): void {
  const shared = desired.filter((client) => client.shared !== undefined).map(({ name }) => name);
  if (shared.length > 0 && inputs.workerUrl === undefined) {
    throw new RegistrarError('input_invalid', {
      message: `${shared.join(', ')}: \`shared\` needs a Worker, which alone knows what other environments need of the client. The input worker-url is empty.`,
      hint: 'Give `worker-url`, or remove `shared` from the manifest; then each environment has a client of its own.',
    });
  }
  const origins = new Set(
    desired.map(({ server }) => new URL(server.registrationEndpoint ?? server.address ?? '').origin),
  );
  if (origins.size > 1 && (inputs.initialAccess !== undefined || inputs.softwareStatement !== undefined)) {
    throw new RegistrarError('input_invalid', {
      message: `An initial access token or software statement is for one server, and these clients are at ${[...origins].join(' and ')}.`,
      hint: 'Use one step per server, each with the input `clients` and its own token.',
    });
  }
  const names = desired.map(({ name }) => variableName(name));
  const double = names.find((name, index) => names.indexOf(name) !== index);
  if (inputs.exportEnv && double !== undefined) {
    throw new RegistrarError('input_invalid', {
      message: `With export-env two clients would share the variables ${double}_CLIENT_ID and so on.`,
      hint: 'Give the clients names that differ in more than punctuation.',
    });
  }
}

function manifestOptions(inputs: Inputs, context: RunContext, binding: Binding): ManifestOptions {
  return {
    templates: {
      environment: binding.environment,
      values: inputs.values,
      sha: context.sha,
      repository: `${context.owner}/${context.repo}`,
      ...(binding.pullRequest !== undefined && { pull_request: String(binding.pullRequest) }),
      ...(binding.branch !== undefined && { branch: binding.branch }),
      ...(inputs.url !== undefined && { url: inputs.url }),
    },
    overrides: {
      strict: inputs.strict,
      hostsKeys: inputs.workerUrl !== undefined,
      hasSoftwareStatement: inputs.softwareStatement !== undefined,
      ...(inputs.server !== undefined && { server: inputs.server }),
      ...(inputs.ttl !== undefined && { ttl: inputs.ttl }),
      ...(inputs.secretPrefix !== undefined && { secretPrefix: inputs.secretPrefix }),
      ...(inputs.clients.length > 0 && { clients: inputs.clients }),
      ...(binding.owner && { owner: binding.owner }),
    },
    insecureLoopback: inputs.insecureLoopback,
  };
}

/** The text of the manifest; undefined when inputs describe the client instead. */
async function readManifestFile(
  inputs: Inputs,
  context: RunContext,
  github: () => Promise<GitHubRequest>,
): Promise<string | undefined> {
  const described = inputs.type !== undefined || inputs.redirectUris.length > 0 || inputs.scope !== undefined;
  if (described) {
    if (inputs.prune) {
      throw new RegistrarError('input_invalid', {
        message:
          'The input prune ends what the manifest no longer has, and here type, redirect-uris or scope describe a client instead of a manifest.',
        hint: 'Remove prune, or those inputs.',
      });
    }
    if (inputs.manifest === DEFAULT_MANIFEST) return undefined;
    throw new RegistrarError('input_invalid', {
      message: 'The inputs name a manifest and also describe a client (type, redirect-uris or scope).',
      hint: 'Use either the manifest or the inputs.',
    });
  }
  const path = resolve(context.workspace, inputs.manifest);
  const inside = relative(context.workspace, path);
  if (inside.startsWith('..') || inside === '') {
    throw new RegistrarError('input_invalid', {
      message: `The input manifest leads out of the repository: ${printable(inputs.manifest, 100)}`,
      hint: `Give a path inside the repository, such as ${DEFAULT_MANIFEST}.`,
    });
  }
  if (ALWAYS_FROM_GITHUB.has(context.eventName)) {
    const text = await readRemote(inputs, context, github);
    if (text !== undefined) return text;
    throw new RegistrarError('manifest_missing', {
      message: `The repository has no manifest at ${printable(inputs.manifest, 100)} in the commit of this run, and in a ${context.eventName} event it is read from nowhere else.`,
    });
  }
  const local = await readLocal(path);
  if (local !== undefined) return local;
  const checkedOut = (await readLocal(join(context.workspace, '.git', 'HEAD'))) !== undefined;
  const remote = checkedOut ? undefined : await readRemote(inputs, context, github);
  if (remote !== undefined) return remote;
  throw new RegistrarError('manifest_missing', {
    message: `There is no manifest at ${printable(inputs.manifest, 100)}${checkedOut ? ' in the checked-out repository' : ''}, and no inputs describe a client.`,
  });
}

async function readLocal(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch {
    return undefined;
  }
}

async function readRemote(
  inputs: Inputs,
  context: RunContext,
  github: () => Promise<GitHubRequest>,
): Promise<string | undefined> {
  if (inputs.githubToken === undefined || context.sha === '' || context.owner === '') return undefined;
  const { owner, repo, sha } = context;
  return readRepositoryFile({ request: await github(), owner, repo, sha, path: inputs.manifest });
}
