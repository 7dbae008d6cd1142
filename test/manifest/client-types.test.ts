import { describe, expect, it } from 'vitest';
import { explainPreset } from '../../shared/manifest/presets.ts';
import type { Json } from '../../shared/ports/ports.ts';
import { manifestOf, only, read } from './reading.ts';

const redirect_uris = ['https://app.example.com/cb'];
const client = (type: string | undefined, metadata: Record<string, Json>) =>
  only(read(manifestOf({ ...(type === undefined ? {} : { type }), metadata })));

describe('a client type', () => {
  it.each<[string, string | undefined, Record<string, Json>, Record<string, Json>, boolean]>([
    [
      'public',
      'public',
      { redirect_uris },
      {
        redirect_uris,
        grant_types: ['authorization_code'],
        response_types: ['code'],
        token_endpoint_auth_method: 'none',
      },
      false,
    ],
    [
      'public with offline access',
      'public',
      { redirect_uris, scope: 'openid offline_access' },
      {
        redirect_uris,
        scope: 'openid offline_access',
        grant_types: ['authorization_code', 'refresh_token'],
        response_types: ['code'],
        token_endpoint_auth_method: 'none',
      },
      false,
    ],
    [
      'confidential with online access',
      'confidential',
      { redirect_uris, scope: 'online_access' },
      {
        redirect_uris,
        scope: 'online_access',
        grant_types: ['authorization_code', 'refresh_token'],
        response_types: ['code'],
        token_endpoint_auth_method: 'client_secret_basic',
      },
      false,
    ],
    [
      'confidential with a key of its own making',
      'confidential',
      { redirect_uris, token_endpoint_auth_method: 'private_key_jwt' },
      {
        redirect_uris,
        grant_types: ['authorization_code'],
        response_types: ['code'],
        token_endpoint_auth_method: 'private_key_jwt',
        token_endpoint_auth_signing_alg: 'ES384',
      },
      true,
    ],
    [
      'backend',
      'backend',
      { scope: 'system/*.rs' },
      {
        scope: 'system/*.rs',
        grant_types: ['client_credentials'],
        response_types: [],
        token_endpoint_auth_method: 'private_key_jwt',
        token_endpoint_auth_signing_alg: 'ES384',
      },
      true,
    ],
    [
      'backend with keys',
      'backend',
      { jwks_uri: 'https://app.example.com/jwks' },
      {
        jwks_uri: 'https://app.example.com/jwks',
        grant_types: ['client_credentials'],
        response_types: [],
        token_endpoint_auth_method: 'private_key_jwt',
      },
      false,
    ],
    [
      'backend with inline keys',
      'backend',
      { jwks: { keys: [{ kty: 'EC' }] } },
      {
        jwks: { keys: [{ kty: 'EC' }] },
        grant_types: ['client_credentials'],
        response_types: [],
        token_endpoint_auth_method: 'private_key_jwt',
      },
      false,
    ],
    [
      'backend with a secret',
      'backend',
      { token_endpoint_auth_method: 'client_secret_basic' },
      { grant_types: ['client_credentials'], response_types: [], token_endpoint_auth_method: 'client_secret_basic' },
      false,
    ],
    [
      'confidential with another grant',
      'confidential',
      { grant_types: ['client_credentials'] },
      { grant_types: ['client_credentials'], response_types: [], token_endpoint_auth_method: 'client_secret_basic' },
      false,
    ],
    ['none', undefined, { redirect_uris }, { redirect_uris }, false],
    [
      'none with a key of its own making',
      undefined,
      { redirect_uris, token_endpoint_auth_method: 'private_key_jwt' },
      { redirect_uris, token_endpoint_auth_method: 'private_key_jwt' },
      true,
    ],
  ])('%s fills what goes with it', (_, type, written, metadata, makeKey) => {
    expect(client(type, written)).toMatchObject({ metadata, makeKey });
    expect(Object.keys(client(type, written).metadata).sort()).toEqual(Object.keys(metadata).sort());
  });

  it('is remembered when there is one', () => {
    expect(client('public', { redirect_uris }).type).toBe('public');
    expect(client(undefined, { redirect_uris })).not.toHaveProperty('type');
  });

  it('explains which members it added', () => {
    const { explained } = read(manifestOf({ type: 'backend', metadata: { scope: 'system/*.rs', response_types: [] } }));
    expect(explained.get('pr-42/web')).toEqual([
      { member: 'scope', value: 'system/*.rs', from: 'manifest' },
      { member: 'response_types', value: [], from: 'manifest' },
      { member: 'grant_types', value: ['client_credentials'], from: 'preset' },
      { member: 'token_endpoint_auth_method', value: 'private_key_jwt', from: 'preset' },
      { member: 'token_endpoint_auth_signing_alg', value: 'ES384', from: 'preset' },
    ]);
  });

  it('does not take grants that are no list for grants', () => {
    expect(explainPreset('public', { grant_types: 'authorization_code' })).toContainEqual({
      member: 'response_types',
      value: [],
      from: 'preset',
    });
  });
});
