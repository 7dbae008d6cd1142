import { afterAll } from 'vitest';
import { type AuthorizationServerOptions, startAuthorizationServer } from '../../support/authorization-server.ts';
import { type OddServerOptions, startOddServer } from '../../support/odd-server.ts';

const closings: (() => unknown)[] = [];

afterAll(async () => {
  await Promise.all(closings.splice(0).map((close) => close()));
});

/** Called when all tests of the file are over: those that run beside each other must not end each other's servers. */
export function atTheEnd(close: () => unknown): void {
  closings.push(close);
}

export async function authorizationServer(options: AuthorizationServerOptions = {}) {
  const server = await startAuthorizationServer(options);
  atTheEnd(server.close);
  return server;
}

export async function oddServer(options: OddServerOptions = {}) {
  const server = await startOddServer(options);
  atTheEnd(server.close);
  return server;
}
