import type { Candidate } from './server.ts';
import { authlib } from './servers/authlib.ts';
import { djangoOAuthToolkit } from './servers/django-oauth-toolkit.ts';
import { embedded } from './servers/embedded.ts';
import { glewlwyd } from './servers/glewlwyd.ts';
import { hydra } from './servers/hydra.ts';
import { keycloak } from './servers/keycloak.ts';
import { lemonldap } from './servers/lemonldap.ts';
import { npmServers } from './servers/npm.ts';
import { workerd } from './servers/workerd.ts';

/** All servers, in the order of the table. */
export const CANDIDATES: readonly Candidate[] = [
  ...embedded,
  ...keycloak,
  ...authlib,
  djangoOAuthToolkit,
  hydra,
  ...npmServers,
  ...workerd,
  lemonldap,
  glewlwyd,
];
