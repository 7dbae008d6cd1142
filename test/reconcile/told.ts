import { createPrivateKey } from 'node:crypto';
import { expect } from 'vitest';
import { summaryOf } from '../../action/summary.ts';
import { tellErrors, tellReports } from '../../action/tell.ts';
import type { core } from '../../action/toolkit.ts';
import { publicationKey } from '../../shared/publish/publish-place.ts';
import type { Event } from '../../shared/reconcile/event.ts';
import { hostedSets } from '../../shared/reconcile/key-hosting.ts';
import type { Outcome } from '../../shared/reconcile/reconcile.ts';
import type { RegistrationRecord } from '../../shared/record/record.ts';
import { viewOf } from '../../worker/repository/answers.ts';
import { summaryOf as summaryOfRecord } from '../../worker/repository/summary.ts';
import type { World } from './world.ts';

/** Rule 6: no text that leaves in the clear has anything of what the server ever issued, or of a private key. */
export function nothingSecretShown(
  scene: World,
  { outcome, record }: { readonly outcome?: Outcome | undefined; readonly record?: RegistrationRecord | undefined },
): void {
  const text = [
    ...scene.lines,
    ...(outcome === undefined ? [] : shownOf(outcome, scene.now())),
    ...(record === undefined ? [] : inTheClear(record)),
    ...[...scene.names].filter(([name]) => name.startsWith('variable ')).map(([, value]) => value),
    ...scene.server.alive().map(({ metadata }) => JSON.stringify(metadata)),
  ].join('\n');
  for (const secret of secretsOf(scene)) {
    if (text.includes(secret)) expect.fail(`${secret.slice(0, 16)}… is shown: ${lineWith(text, secret)}`);
  }
}

/** Rule 6: what is secret in a record was handed to the home, which masks it, before the record was saved. */
export function everythingMasked({ server, secrets }: World, record: RegistrationRecord): void {
  const masked = new Set(secrets);
  const unmasked = server.issued.filter((secret) => !masked.has(secret));
  if (unmasked.length === 0) return;
  const text = JSON.stringify(record);
  for (const secret of unmasked) if (text.includes(`"${secret}"`)) expect.fail(`${secret} is kept and was not masked`);
}

/** Rule 8: the ledger's ends are what the server's books say at this moment. */
export function endsAreTrue({ server }: World, { ledger }: RegistrationRecord): void {
  for (const { clientId, ended } of ledger) {
    if ((ended === 'deleted' || ended === 'gone') && server.find(clientId)?.alive === true)
      expect.fail(`${clientId} is alive and the ledger says that it is ${ended}`);
  }
}

/** Rule 8: at rest, who has no end in the ledger is alive, and so is whoever is said to stay at the server. */
export function livingAreAlive({ server }: World, { ledger }: RegistrationRecord): void {
  for (const { clientId, ended } of ledger) {
    if ((ended === undefined || ended === 'orphan') && server.find(clientId)?.alive !== true)
      expect.fail(`${clientId} is gone and the ledger says ${ended ?? 'nothing of it'}`);
  }
}

/** Rule 8: what a run tells is what it did. */
export function toldIsTrue({ server, names }: World, events: readonly Event[]): void {
  const published = new Map<string, boolean>();
  for (const event of events) {
    if (event.kind === 'published') for (const name of event.names) published.set(name, true);
    if (event.kind === 'unpublished') for (const name of event.names) published.set(name, false);
    if (!('clientId' in event)) continue;
    const { clientId, kind } = event;
    const client = server.find(clientId);
    if (client === undefined) expect.fail(`${kind}: there never was a client ${clientId}`);
    if (kind === 'deleted' && client.alive) expect.fail(`${clientId} is alive and was said to be gone`);
    if (kind === 'secret_replaced' && client.replacedSecrets.length === 0)
      expect.fail(`no secret of ${clientId} was ever replaced`);
  }
  for (const [name, there] of published) {
    const [kind, item] = name.split(' ') as ['secret' | 'variable', string];
    const key = publicationKey({ target: {}, item: { kind, name: item, field: 'json' } });
    if (names.has(key) !== there) expect.fail(`${name} was said to be ${there ? 'published' : 'removed'} and is not`);
  }
}

/** Everything a job prints of it, and everything a person could see of its error. */
function shownOf({ record, events, problem }: Outcome, now: number): readonly string[] {
  const lines: string[] = [];
  const print = (line: string | Error) => void lines.push(String(line));
  const job = { info: print, warning: print, error: print } as unknown as typeof core;
  const { desired } = record;
  const reports = [{ desired, record, events, ...(problem && { problem }) }];
  tellReports(job, reports);
  if (problem !== undefined) tellErrors(job, [problem]);
  const { environment } = desired;
  lines.push(summaryOf({ environment, sentence: '', reports, warnings: [], now }), JSON.stringify(events));
  for (let error: unknown = problem; error instanceof Error; error = error.cause) {
    lines.push(`${error}`, JSON.stringify({ ...error, cause: undefined }));
  }
  return lines;
}

/** What of a record is shown or kept without being sealed. */
function inTheClear(record: RegistrationRecord): readonly string[] {
  const { traits, ledger } = record;
  return [viewOf(record), summaryOfRecord(record), hostedSets(record), traits, ledger].map((value) =>
    JSON.stringify(value),
  );
}

const scalars = new Map<string, readonly string[]>();

/** Whatever the server's books have issued, and private keys: as they are written, their body, and as a JWK. */
function secretsOf({ server, secrets }: World): readonly string[] {
  const keys = secrets.filter((secret) => secret.includes('PRIVATE KEY'));
  return [...server.issued, ...keys.flatMap(formsOfKey)];
}

function formsOfKey(pem: string): readonly string[] {
  const known = scalars.get(pem);
  if (known !== undefined) return known;
  const [, first = ''] = pem.split('\n');
  const { d = '' } = createPrivateKey(pem).export({ format: 'jwk' });
  const forms = [first, d];
  scalars.set(pem, forms);
  return forms;
}

function lineWith(text: string, secret: string): string {
  return text.split('\n').find((line) => line.includes(secret)) ?? '';
}
