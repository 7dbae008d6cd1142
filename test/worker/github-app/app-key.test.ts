import { generateKeyPairSync, verify } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { importAppKey } from '../../../worker/github-app/app-key.ts';
import { PKCS1, PKCS8, PUBLIC_KEY } from './support/app.ts';

async function signsWith(pem: string, publicKey: string): Promise<boolean> {
  const data = new TextEncoder().encode('signed');
  const signature = await crypto.subtle.sign('RSASSA-PKCS1-v1_5', await importAppKey(pem), data);
  return verify('RSA-SHA256', data, publicKey, new Uint8Array(signature));
}

describe('the private key of an App', () => {
  it.each([
    ['as GitHub hands it out (PKCS#1)', PKCS1],
    ['as PKCS#8', PKCS8],
    ['with \\n for line breaks', PKCS1.replaceAll('\n', '\\n')],
    ['with line breaks of Windows', PKCS1.replaceAll('\n', '\r\n')],
    ['with text around it', `Bag Attributes\n${PKCS1}\n\n`],
  ])('%s', async (_what, pem) => {
    expect(pem).toContain('BEGIN');
    expect(await signsWith(pem, PUBLIC_KEY)).toBe(true);
  });

  it.each([1024, 3072, 4096])('of %i bits', async (modulusLength) => {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength });
    const pem = privateKey.export({ type: 'pkcs1', format: 'pem' }).toString();
    expect(await signsWith(pem, publicKey.export({ type: 'spki', format: 'pem' }).toString())).toBe(true);
  });

  it.each([
    ['nothing', ''],
    ['no PEM', 'ghs_1234'],
    ['the public key', PUBLIC_KEY],
    ['a key cut off', `${PKCS1.slice(0, 400)}\n-----END RSA PRIVATE KEY-----`],
    ['BEGIN and END of two kinds', PKCS1.replace('END RSA', 'END')],
    ['PKCS#1 under the name of PKCS#8', PKCS1.replaceAll('RSA ', '')],
    ['an empty key', '-----BEGIN PRIVATE KEY-----\n\n-----END PRIVATE KEY-----'],
    ['a key of another kind', ecKey()],
  ])('is not %s', async (_what, pem) => {
    const error = await importAppKey(pem).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'github_failed', message: expect.stringContaining('GH_APP_PRIVATE_KEY') });
    if (pem !== '')
      expect(JSON.stringify([(error as Error).message, (error as Error).cause])).not.toContain(pem.slice(0, 20));
  });
});

function ecKey(): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}
