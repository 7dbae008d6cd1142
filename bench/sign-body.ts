import { createHmac } from 'node:crypto';
import { WEBHOOK_SECRET } from '../test/worker/support/worker.ts';
import type { SignedBody } from './signed-body.ts';

export function signBody(event: string, payload: object): SignedBody {
  const body = JSON.stringify(payload);
  return {
    body,
    headers: {
      'content-type': 'application/json',
      'x-github-event': event,
      'x-hub-signature-256': `sha256=${createHmac('sha256', WEBHOOK_SECRET).update(body).digest('hex')}`,
    },
  };
}
