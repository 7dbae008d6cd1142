import type { ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';

/** What a body may look like instead of the JSON that was due. */
export type BodyOddity =
  | 'empty'
  | 'html'
  /** Text that is no JSON, said to be JSON. */
  | 'not_json'
  | 'json_array'
  | 'no_client_id'
  /** The connection is cut after half of the body. */
  | 'cut_off'
  /** Good JSON of 50 MB without a content length. */
  | 'huge'
  /** Bytes without end, until the client goes away. */
  | 'endless'
  /** Good JSON that is 50 MB behind a small content length, being compressed. */
  | 'compressed_huge'
  /** More bytes than the content length said. */
  | 'longer_than_said'
  /** Half of the body, and then silence. */
  | 'stalled'
  /** Good JSON behind a byte order mark, said to be text/html. */
  | 'mislabelled';

const HUGE_BYTES = 50 * 1024 * 1024;
const CHUNK = 'x'.repeat(64 * 1024);
const JSON_TYPE = { 'content-type': 'application/json' };

export async function sendBody(answer: {
  readonly res: ServerResponse;
  readonly status: number;
  readonly members: Readonly<Record<string, unknown>>;
  readonly oddity: BodyOddity | undefined;
}): Promise<void> {
  const { res, status, members, oddity } = answer;
  const json = JSON.stringify(members);
  const half = json.slice(0, json.length / 2);
  switch (oddity) {
    case undefined:
      res.writeHead(status, JSON_TYPE).end(json);
      return;
    case 'empty':
      res.writeHead(status, JSON_TYPE).end();
      return;
    case 'html':
      res.writeHead(status, { 'content-type': 'text/html' }).end('<!doctype html><title>Welcome</title><p>Done.</p>');
      return;
    case 'not_json':
      res.writeHead(status, JSON_TYPE).end(`client created: ${json}`);
      return;
    case 'json_array':
      res.writeHead(status, JSON_TYPE).end(`[${json}]`);
      return;
    case 'no_client_id':
      res.writeHead(status, JSON_TYPE).end(JSON.stringify({ ...members, client_id: undefined }));
      return;
    case 'cut_off':
      res.writeHead(status, { ...JSON_TYPE, 'content-length': Buffer.byteLength(json) });
      res.write(half, () => res.destroy());
      return;
    case 'stalled':
      res.writeHead(status, { ...JSON_TYPE, 'content-length': Buffer.byteLength(json) });
      res.write(half);
      return;
    case 'huge':
      res.writeHead(status, JSON_TYPE);
      await pour(res, `${json.slice(0, -1)},"filler":"`, HUGE_BYTES);
      if (!res.destroyed) res.end('"}');
      return;
    case 'endless':
      res.writeHead(status, JSON_TYPE);
      await pour(res, `${json.slice(0, -1)},"filler":"`, Number.POSITIVE_INFINITY);
      return;
    case 'compressed_huge': {
      const body = gzipSync(`${json.slice(0, -1)},"filler":"${'x'.repeat(HUGE_BYTES)}"}`);
      res.writeHead(status, { ...JSON_TYPE, 'content-encoding': 'gzip', 'content-length': body.length }).end(body);
      return;
    }
    case 'longer_than_said':
      res.writeHead(status, { ...JSON_TYPE, 'content-length': 10 });
      res.write(json, () => res.destroy());
      return;
    case 'mislabelled':
      res.writeHead(status, { 'content-type': 'text/html' }).end(`\uFEFF${json}`);
      return;
  }
}

async function pour(res: ServerResponse, start: string, bytes: number): Promise<void> {
  res.write(start);
  for (let sent = 0; sent < bytes && !res.destroyed; sent += CHUNK.length) {
    if (res.write(CHUNK)) continue;
    await new Promise<void>((resolve) => {
      const go = (): void => {
        res.off('drain', go);
        res.off('close', go);
        resolve();
      };
      res.on('drain', go);
      res.on('close', go);
    });
  }
}
