import { createHttp } from '../../shared/http/create-http.ts';
import { createIssuerKeys, type IssuerKeys } from '../identity/issuer-keys.ts';
import { clock, platformFetch, random } from '../repository/platform.ts';
import { openSettings, type Settings } from '../repository/settings.ts';

/** What requests are served with; made once per isolate, so that issuers' keys stay. */
export type Services = Settings & { readonly issuerKeys: IssuerKeys };

const opened = new WeakMap<object, Promise<Services>>();

/** Rejects with `config_invalid`. */
export function openServices(env: object): Promise<Services> {
  const services = opened.get(env) ?? open(env);
  opened.set(env, services);
  return services;
}

async function open(env: object): Promise<Services> {
  const settings = await openSettings(env, platformFetch);
  const { insecureLoopback } = settings.config;
  const http = createHttp({ fetch: platformFetch, clock, random, insecureLoopback });
  return { ...settings, issuerKeys: createIssuerKeys({ http, clock }) };
}
