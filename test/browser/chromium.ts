import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { debianPackages } from '../interop/debian.ts';
import { npmPackages } from '../interop/npm.ts';
import type { Missing } from '../interop/server.ts';

/** Versions are exact, so that two runs do the same. */
const PACKAGES = { fhirclient: '2.6.3', 'playwright-core': '1.65.1' } as const;

const EXECUTABLE = '/usr/bin/chromium';
const PATIENCE_MS = 30_000;

/** What is used of playwright-core, which is installed only for these runs. */
type Locator = {
  readonly fill: (text: string) => Promise<void>;
  readonly click: () => Promise<void>;
  readonly textContent: () => Promise<string | null>;
  readonly allTextContents: () => Promise<readonly string[]>;
};
export type Page = {
  readonly goto: (url: string, options: { readonly waitUntil: 'commit' }) => Promise<unknown>;
  readonly reload: () => Promise<unknown>;
  readonly url: () => string;
  readonly waitForURL: (fits: (url: URL) => boolean) => Promise<void>;
  readonly locator: (selector: string) => Locator;
  readonly getByLabel: (label: string) => Locator;
  readonly getByRole: (role: string, options?: { readonly name: string }) => Locator;
  readonly getByText: (text: RegExp) => Locator;
  readonly screenshot: (options: { readonly path: string }) => Promise<unknown>;
};
type Context = {
  readonly pages: () => readonly Page[];
  readonly setDefaultTimeout: (milliseconds: number) => void;
  readonly on: {
    (event: 'request', listener: (request: { readonly url: () => string }) => void): void;
    (event: 'weberror', listener: (problem: { readonly error: () => Error }) => void): void;
  };
  readonly close: () => Promise<void>;
};
type Playwright = {
  readonly chromium: {
    readonly launchPersistentContext: (profile: string, options: Readonly<Record<string, unknown>>) => Promise<Context>;
  };
};

export type Browser = {
  readonly page: Page;
  /** Origins of every request that a page has made. */
  readonly origins: () => readonly string[];
  /** What the scripts of the pages did not catch. */
  readonly errors: () => readonly string[];
  readonly close: () => Promise<void>;
};

export type InstalledBrowser = {
  readonly version: string;
  /** The browser build of fhirclient. */
  readonly fhirClient: string;
  readonly start: () => Promise<Browser>;
};

/** Debian's Chromium, and what drives it from npm. */
export async function installBrowser(permissions: {
  readonly systemPackages: boolean;
}): Promise<InstalledBrowser | Missing> {
  const version = await debianPackages(['chromium', 'fonts-dejavu-core'], permissions);
  if (typeof version !== 'string') return version;
  const home = await npmPackages('browser', PACKAGES);
  const { chromium } = createRequire(join(home, 'package.json'))('playwright-core') as Playwright;
  return {
    version,
    fhirClient: join(home, 'node_modules', 'fhirclient', 'build', 'fhir-client.min.js'),
    start: () => start(chromium),
  };
}

async function start(chromium: Playwright['chromium']): Promise<Browser> {
  const profile = await mkdtemp(join(tmpdir(), 'oauth-registrar-browser-'));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: EXECUTABLE,
    headless: true,
    // Its sandbox refuses to run as root, which containers are.
    chromiumSandbox: process.getuid?.() !== 0,
    env: { ...process.env, HOME: profile, XDG_CONFIG_HOME: profile, XDG_CACHE_HOME: profile },
    viewport: { width: 800, height: 500 },
    args: [
      '--disable-gpu',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--no-first-run',
      '--no-proxy-server',
      // No name leads anywhere, whatever asks for it.
      '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
    ],
  });
  context.setDefaultTimeout(PATIENCE_MS);
  const origins = new Set<string>();
  const errors: string[] = [];
  context.on('request', (request) => {
    const url = new URL(request.url());
    if (url.protocol !== 'data:') origins.add(url.origin);
  });
  context.on('weberror', (problem) => errors.push(problem.error().message));
  const [page] = context.pages();
  if (page === undefined) throw new Error('Chromium has opened no page');
  return {
    page,
    origins: () => [...origins].sort(),
    errors: () => errors,
    close: async () => {
      await context.close();
      await rm(profile, { recursive: true, force: true });
    },
  };
}
