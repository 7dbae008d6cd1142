import { expect, it } from 'vitest';
import { planClients } from '../../action/plan.ts';
import { client, DAY, desired, NOW, ROTATION, record, SERVER } from '../reconcile/build.ts';

it('a plan says of a rotation that is due what it waits for where credentials are not tried', async () => {
  const { registrationEndpoint, tokenEndpoint } = SERVER;
  const server = { registrationEndpoint, ...(tokenEndpoint && { tokenEndpoint }), configurationEndpointOrigins: [] };
  const wish = desired({ server, rotation: ROTATION });
  const { address: _a, issuer: _i, ...endpoints } = SERVER;
  const there = { ...endpoints, address: registrationEndpoint };
  const known = (madeAt: number) =>
    record({ desired: wish, server: there, clients: [client({ server: there, madeAt })] });
  const would = async (madeAt: number, untried: boolean) => {
    const reading = { desired: [wish], explained: new Map(), warnings: [] };
    const http = () => Promise.reject(new Error('nothing is to be sent'));
    const [planned] = await planClients(reading, { [wish.key]: known(madeAt) }, http, { now: NOW, untried });
    return planned?.would;
  };
  expect(await would(NOW - 99 * DAY, true)).toBe(
    'nothing: a rotation is due and waits for a run without `verify: false`',
  );
  expect(await would(NOW - 99 * DAY, false)).toContain('register a new client beside client-1');
  expect(await would(NOW - DAY, true)).toBe('nothing: all is as asked');
});
