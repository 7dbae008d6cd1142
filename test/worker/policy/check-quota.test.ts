import { expect, test } from 'vitest';
import { checkQuota } from '../../../worker/policy/check-quota.ts';
import { entryWith } from './sample-desired.ts';

async function check(live: number, max_clients?: object): Promise<void> {
  checkQuota({ key: 'pr-42/web', entry: await entryWith(max_clients === undefined ? {} : { max_clients }), live });
}

test('any number may be live where no limit is given', async () => {
  await check(1e6);
  await check(1e6, {});
});

test('as many as the limit may be live, and no more', async () => {
  await check(4, { per_repository: 5 });
  await expect(check(5, { per_repository: 5 })).rejects.toMatchObject({
    code: 'quota_reached',
    client: 'pr-42/web',
    message: 'At ehr the operator allows 5 clients for this repository, and there are as many.',
  });
  await expect(check(1, { per_repository: 1 })).rejects.toMatchObject({
    message: 'At ehr the operator allows 1 client for this repository, and there are as many.',
  });
});
