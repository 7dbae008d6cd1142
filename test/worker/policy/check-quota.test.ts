import { expect, test } from 'vitest';
import { checkQuota, type LiveClients } from '../../../worker/policy/check-quota.ts';
import { entryWith } from './sample-desired.ts';

async function check(live: LiveClients, max_clients?: object): Promise<void> {
  checkQuota({ key: 'pr-42/web', entry: await entryWith(max_clients === undefined ? {} : { max_clients }), live });
}

test('any number may be live where no limit is given', async () => {
  await check({ inRepository: 1e6, total: 1e6 });
  await check({ inRepository: 1e6 }, { total: 5 });
});

test('as many as the limit may be live, and no more', async () => {
  await check({ inRepository: 4, total: 49 }, { per_repository: 5, total: 50 });
  await expect(check({ inRepository: 5, total: 49 }, { per_repository: 5, total: 50 })).rejects.toMatchObject({
    code: 'quota_reached',
    client: 'pr-42/web',
    message: 'At ehr the operator allows 5 clients for this repository, and there are as many.',
  });
  await expect(check({ inRepository: 4, total: 50 }, { per_repository: 5, total: 50 })).rejects.toMatchObject({
    message: 'At ehr the operator allows 50 clients for all repositories together, and there are as many.',
  });
  await expect(check({ inRepository: 1 }, { per_repository: 1 })).rejects.toMatchObject({
    message: 'At ehr the operator allows 1 client for this repository, and there are as many.',
  });
});
