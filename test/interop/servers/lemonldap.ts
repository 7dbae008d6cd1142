import { generateKeyPairSync } from 'node:crypto';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Site, startBehindFront } from '../behind-front.ts';
import { debianPackages } from '../debian.ts';
import { folder } from '../folder.ts';
import type { Candidate, HeldClient, RunningServer } from '../server.ts';
import { signInByForms } from '../sign-in.ts';

/** The second half is what the portal needs and its package only recommends. */
const PACKAGES = [
  ...['lemonldap-ng', 'liblemonldap-ng-portal-perl', 'starman'],
  ...['libgd-securityimage-perl', 'perlmagick', 'libgd-perl', 'libconvert-base32-perl'],
  ...['libcrypt-openssl-bignum-perl', 'libcrypt-openssl-x509-perl', 'libstring-random-perl', 'libio-string-perl'],
  ...['libmime-tools-perl', 'libnet-ldap-perl', 'libemail-sender-perl'],
];
/** Of the demonstration accounts that it comes with. */
const PERSON = { user: 'dwho', password: 'dwho' };
const SHIPPED = '/var/lib/lemonldap-ng/conf/lmConf-1.json';
const TEMPLATE = new URL('lemonldap/lemonldap-ng.ini', import.meta.url);

export const lemonldap: Candidate = {
  title: 'LemonLDAP::NG',
  install: async (permissions) => {
    const version = await debianPackages(PACKAGES, permissions);
    return typeof version === 'string' ? { version: version.replace(/\+.*$/u, ''), start } : version;
  },
};

/** The portal under Starman, in a folder of its own: no other web server, nothing of the system's configuration. */
async function start(): Promise<RunningServer> {
  const directory = await folder('data', 'lemonldap');
  await rm(directory, { recursive: true });
  for (const part of ['conf', 'cache', 'sessions/lock', 'psessions/lock', 'notifications', 'captcha']) {
    await mkdir(join(directory, part), { recursive: true });
  }
  return await startBehindFront(async ({ origin, traffic, port, run }) => {
    await configure(directory, `${origin}/`);
    await run({
      command: [
        ...['/usr/bin/plackup', '-s', 'Starman', '--workers', '1', '--listen', `127.0.0.1:${port}`],
        ...['-E', 'production', 'portal.psgi'],
      ],
      cwd: directory,
      env: { LLNG_DEFAULTCONFFILE: join(directory, 'lemonldap-ng.ini') },
      ready: `http://127.0.0.1:${port}/.well-known/openid-configuration`,
    });
    keepApart(traffic);
    return {
      address: `${origin}/`,
      grants: {
        codeFlow: { scope: 'openid', signIn: signInByForms({ ...PERSON, confirm: '1' }) },
        clientCredentials: { why: 'an administrator has to allow it for each client' },
      },
      clients: () => readBooks(directory),
    };
  });
}

/**
 * It names a client by the second in which it was registered: one of two in the same second is gone. Nobody could tell
 * from its answers, so that here no second has two.
 */
function keepApart(traffic: Site['traffic']): void {
  let free = 0;
  traffic.before(async ({ method, path }) => {
    if (method !== 'POST' || !path.endsWith('/register')) return;
    const wait = free - Date.now();
    free = Math.max(free, Date.now()) + 1_100;
    if (wait > 0) await sleep(wait);
  });
}

async function configure(directory: string, portal: string): Promise<void> {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  const sessions = (name: string) => ({
    Directory: join(directory, name),
    LockDirectory: join(directory, name, 'lock'),
  });
  const shipped = JSON.parse(await readFile(SHIPPED, 'utf8')) as object;
  const configuration = {
    ...shipped,
    cfgNum: 1,
    portal,
    domain: '127.0.0.1',
    securedCookie: 0,
    captcha_mail_enabled: 0,
    captcha_register_enabled: 0,
    captcha_login_enabled: 0,
    portalDisplayRegister: 0,
    portalDisplayResetPassword: 0,
    issuerDBOpenIDConnectActivation: 1,
    oidcServiceAllowDynamicRegistration: 1,
    oidcServicePrivateKeySig: privateKey,
    oidcServicePublicKeySig: publicKey,
    oidcServiceKeyIdSig: 'k1',
    globalStorageOptions: {
      ...sessions('sessions'),
      generateModule: 'Lemonldap::NG::Common::Apache::Session::Generate::SHA256',
    },
    persistentStorageOptions: sessions('psessions'),
    localSessionStorageOptions: {
      cache_depth: 3,
      cache_root: join(directory, 'cache'),
      default_expires_in: 600,
      directory_umask: '007',
      namespace: 's',
    },
    notificationStorageOptions: { dirName: join(directory, 'notifications') },
  };
  await writeFile(join(directory, 'conf', 'lmConf-1.json'), JSON.stringify(configuration));
  const template = await readFile(TEMPLATE, 'utf8');
  await writeFile(join(directory, 'lemonldap-ng.ini'), template.replaceAll('DIRECTORY', directory));
  await writeFile(
    join(directory, 'portal.psgi'),
    'use Lemonldap::NG::Portal::Main; Lemonldap::NG::Portal::Main->run({});\n',
  );
}

/** Its clients are in its configuration: every registration writes a new one, and the newest is in force. */
async function readBooks(directory: string): Promise<readonly HeldClient[]> {
  const files = await readdir(join(directory, 'conf'));
  const newest = Math.max(...files.map((file) => Number(/^lmConf-(?<n>\d+)\.json$/u.exec(file)?.groups?.n ?? 0)));
  const text = await readFile(join(directory, 'conf', `lmConf-${newest}.json`), 'utf8');
  const { oidcRPMetaDataOptions: options = {} } = JSON.parse(text) as {
    readonly oidcRPMetaDataOptions?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  };
  return Object.values(options).map((client) => ({
    clientId: client.oidcRPMetaDataOptionsClientID ?? '',
    name: client.oidcRPMetaDataOptionsDisplayName ?? '',
    redirectUris: (client.oidcRPMetaDataOptionsRedirectUris ?? '').split(' ').filter((uri) => uri !== ''),
  }));
}
