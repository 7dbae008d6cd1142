import { generateKeyPairSync } from 'node:crypto';
import type { Config } from '../../../worker/config/config.ts';
import { readConfig } from '../../../worker/config/read-config.ts';

export const KEY = Buffer.alloc(32, 1).toString('base64');
export const OLDER_KEY = Buffer.alloc(32, 2).toString('hex');

export const SERVER = {
  name: 'ehr',
  server: 'https://fhir.example.org/r4',
  initial_access_token: 'canary-initial-access-token',
  redirect_hosts: ['app.example.org', '*.preview.example.org'],
  scopes: ['openid', 'launch/patient', 'patient/*.rs'],
};

export const POLICY = {
  owners: [{ id: 1001, name: 'acme' }],
  repositories: [{ id: '2002', name: 'acme/app' }],
};

/** Bindings with what is needed and nothing else. */
export function sampleEnv(changes: Readonly<Record<string, unknown>> = {}): Readonly<Record<string, unknown>> {
  return {
    ENCRYPTION_KEYS: `${KEY}\n${OLDER_KEY}\n`,
    SERVERS: JSON.stringify([SERVER]),
    POLICY: JSON.stringify(POLICY),
    PUBLIC_URL: 'https://registrar.example.org/',
    ...changes,
  };
}

export async function sampleConfig(changes: Readonly<Record<string, unknown>> = {}): Promise<Config> {
  return await readConfig(sampleEnv(changes));
}

/** A private key as GitHub hands it out. */
export function appKey(type: 'pkcs1' | 'pkcs8'): string {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return privateKey.export({ type, format: 'pem' }).toString();
}
