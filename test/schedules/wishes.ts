import type { Desired, Owner } from '../../shared/manifest/desired.ts';
import type { Identity } from '../../worker/identity/identity.ts';
import { ALL, CHANGED, DAY, desired, HOUR, ID, NOW, OWNER, ROTATION, SERVER, target } from '../reconcile/build.ts';
import type { Kind } from '../reconcile/model-server.ts';
import { sampleConfig } from '../worker/config/sample-env.ts';
import { pullRequestRun, pushOf, run } from '../worker/policy/sample-identity.ts';
import { TOKEN_ENDPOINT } from './server.ts';

export const START = NOW;
export { DAY, HOUR };

/** What may differ from one schedule to the next before it begins. */
export type Circumstances = {
  readonly kind: keyof typeof KINDS;
  /** The Worker itself publishes; else credentials are outputs of the job only. */
  readonly app: boolean;
  /** Where there is no App: jobs publish what they are handed, and tell the Worker. */
  readonly byJob?: boolean;
  /** Everything was deployed before. */
  readonly deployed: boolean;
  readonly retire: 'confirmed' | 'after-overlap';
  readonly update: Desired['update'];
  /** The preview is one of a branch, and not of a pull request. */
  readonly branch?: boolean;
  /** The first permanent registration has keys, which the Worker hosts and rotates. */
  readonly keys?: boolean;
  /** The two permanent registrations share one client, and previews share another. */
  readonly shares?: boolean;
};

export const KINDS = {
  plain: {},
  'single-use tokens': { singleUseTokens: true },
  'registers only': { unmanaged: true },
  'replaces the secret': { updateReplacesSecret: true },
  'replaces secret and token': { updateReplacesSecret: true, singleUseTokens: true },
  'reads only': { readOnly: true },
  'keeps what it deleted': { keepsDeleted: true },
} satisfies Record<string, Kind>;

/** A permanent client; another one that may ask for a name of the first or of somebody else; one of a pull request. */
export const KEYS = ['production/web', 'production/api', 'pr-42/web'] as const;
export type Key = (typeof KEYS)[number];

const BRANCH = 'feature';
/** The pattern of all environments that share. */
const SHARED = '*';

/** What the preview ends with. */
export const ownerOf = ({ branch }: Circumstances): Owner =>
  branch === true ? { kind: 'branch', name: BRANCH } : OWNER;

/** The environment that the preview is deployed to. */
export const previewOf = ({ branch }: Circumstances): string => (branch === true ? `branch-${BRANCH}` : 'pr-42');

/** Environment and name of a registration. */
export const placeOf = (key: Key, circumstances: Circumstances): readonly [string, string] => {
  const [environment = '', name = ''] = key.split('/');
  if (key === 'production/api' && circumstances.shares === true) return ['staging', 'web'];
  return [key === 'pr-42/web' ? previewOf(circumstances) : environment, name];
};

/** Key of the record, which is another one where the client is shared. */
export const keyOf = (key: Key, circumstances: Circumstances): string =>
  circumstances.shares === true
    ? `shared/${key === 'pr-42/web' ? 'previews' : 'permanent'}/${SHARED}/web`
    : placeOf(key, circumstances).join('/');

export const FOREIGN = 'FOREIGN';

const OWN = { 'production/web': 'WEB', 'production/api': 'API', 'pr-42/web': 'PR_42' } as const;

/** What apps of a registration read. */
export const nameOf = (key: Key): string => `secret ${OWN[key]}`;

/** Whether a name is one that a registration asks for and nobody else does, in any of its variants. */
export const isOf = (key: Key, name: string): boolean =>
  name === nameOf(key) || name.startsWith(`variable ${OWN[key]}_`);

/** What a registration of its own asks for; where environments share, only what they may. */
export function wishOf(key: Key, variant: number, circumstances: Circumstances): Desired {
  const wish = ownWish(key, variant, circumstances);
  if (circumstances.shares !== true) return wish;
  const { rotation: _, update, ...rest } = wish;
  return {
    ...rest,
    metadata: {
      ...wish.metadata,
      client_name: `Growth chart (${keyOf(key, circumstances)})${variant > 1 ? ` ${variant}` : ''}`,
      redirect_uris: [`https://app.example.com/${wish.environment}/${variant === 1 ? 'new' : 'callback'}`],
    },
    publish: [],
    update: update === 'replace' ? 'interrupt' : update,
    shared: SHARED,
  };
}

/** Variant 1 has other metadata, 2 other names; of the second registration, 2 asks for a name of the first, 3 for one of nobody we know. */
function ownWish(key: Key, variant: number, circumstances: Circumstances): Desired {
  const { app, byJob = false, retire, update, keys = false } = circumstances;
  const [environment, name] = placeOf(key, circumstances);
  const makeKey = keys && key === 'production/web';
  const taken = key === 'production/api' && variant === 2 ? OWN['production/web'] : FOREIGN;
  const asks = key === 'production/api' && variant >= 2 ? taken : OWN[key];
  const secret = { ...ALL, name: asks };
  const variable = { ...ID, name: `${OWN[key]}_${variant === 2 ? 'OTHER' : 'ID'}` };
  const { redirect_uris } = variant === 1 ? CHANGED : { redirect_uris: ['https://app.example.com/callback'] };
  return desired({
    key: `${environment}/${name}`,
    environment,
    name,
    server: { address: SERVER.address, configurationEndpointOrigins: [] },
    metadata: {
      client_name: `Growth chart (${key})`,
      redirect_uris: redirect_uris as readonly string[],
      grant_types: ['authorization_code'],
      token_endpoint_auth_method: makeKey ? 'private_key_jwt' : 'client_secret_basic',
    },
    makeKey,
    publish: app || byJob ? [target(secret, variable)] : [],
    update,
    ...(key === 'pr-42/web'
      ? { owner: ownerOf(circumstances) }
      : {
          rotation: {
            ...ROTATION,
            ...(makeKey && { strategy: 'keys' }),
            retire,
            everySeconds: 30 * 86_400,
            overlapSeconds: 86_400,
          },
        }),
  });
}

let tokens = 0;

/** A run that may ask for a registration, with an id-token of its own. */
export function identityFor(key: Key, circumstances: Circumstances, runId: number, attempt: number): Identity {
  const more = { runId, attempt, jti: `run-${++tokens}`, expiresAt: START + 400 * DAY };
  if (key !== 'pr-42/web') return run(more);
  return circumstances.branch === true ? { ...pushOf(BRANCH), ...more } : pullRequestRun(42, more);
}

export const config = await sampleConfig({
  SERVERS: JSON.stringify([
    {
      name: 'ehr',
      server: SERVER.address,
      registration_endpoint: SERVER.registrationEndpoint,
      token_endpoint: TOKEN_ENDPOINT,
      issuer: SERVER.issuer,
      redirect_hosts: ['app.example.com'],
      scopes: 'any',
    },
  ]),
});
