import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { eventSchema } from '../../shared/api/event-schema.ts';
import {
  applyAnswer,
  applyBody,
  errorAnswer,
  publishedBody,
  retireBody,
  rotateBody,
  viewAnswer,
  workingAnswer,
} from '../../shared/api/schemas.ts';
import type { ApplyAnswer, RegistrationView } from '../../shared/api/worker-api.ts';
import type { Event } from '../../shared/reconcile/event.ts';

const EVENTS: { readonly [Kind in Event['kind']]: Extract<Event, { kind: Kind }> } = {
  registered: { kind: 'registered', clientId: 'a', purpose: 'first' },
  updated: { kind: 'updated', clientId: 'a', members: ['scope'] },
  secret_replaced: { kind: 'secret_replaced', clientId: 'a', by: 'update' },
  secret_gone: { kind: 'secret_gone', clientId: 'a' },
  client_id_changed: { kind: 'client_id_changed', from: 'a', clientId: 'b' },
  differs: {
    kind: 'differs',
    clientId: 'a',
    differences: [
      { member: 'scope', asked: 'x' },
      { member: 'y', asked: [1], granted: null },
    ],
  },
  access_withheld: { kind: 'access_withheld', clientId: 'a', reason: 'r' },
  verified: { kind: 'verified', clientId: 'a', outcome: 'works', reason: 'r' },
  published: { kind: 'published', clientId: 'a', names: ['secret A'] },
  unpublished: { kind: 'unpublished', names: [] },
  announced: { kind: 'announced', clientId: 'a' },
  promoted: { kind: 'promoted', clientId: 'a' },
  retired: { kind: 'retired', clientId: 'a', reason: 'r' },
  deleted: { kind: 'deleted', clientId: 'a', reason: 'r' },
  orphaned: { kind: 'orphaned', clientId: 'a', reason: 'r' },
  suspected: { kind: 'suspected', lookFor: 'x', reason: 'r' },
  key_made: { kind: 'key_made', clientId: 'a', keyId: 'k' },
  key_tried: { kind: 'key_tried', clientId: 'a', keyId: 'k', outcome: 'refused', reason: 'r' },
  key_in_use: { kind: 'key_in_use', clientId: 'a', keyId: 'k' },
  key_dropped: { kind: 'key_dropped', clientId: 'a', keyId: 'k', reason: 'r' },
  ending: { kind: 'ending', reason: 'r' },
};

describe('an event over the wire', () => {
  it.each(Object.entries(EVENTS))('%s', (_kind, event) => {
    expect(eventSchema.parse(JSON.parse(JSON.stringify(event)))).toEqual(event);
  });

  it('is none without its members, or of a kind that is not known', () => {
    expect(eventSchema.safeParse({ kind: 'registered' }).success).toBe(false);
    expect(eventSchema.safeParse({ kind: 'evaporated', clientId: 'a' }).success).toBe(false);
  });
});

describe('requests', () => {
  const desired = {
    server: { configurationEndpointOrigins: [] },
    metadata: {},
    makeKey: false,
    publish: [],
    update: 'ask',
    strict: false,
  };

  it.each([
    ['an apply', applyBody, { desired }],
    ['an apply for an owner', applyBody, { desired, owner: { kind: 'branch', name: 'x' } }],
    ['a rotation', rotateBody, {}],
    ['a rotation at once', rotateBody, { now: true }],
    ['a receipt', publishedBody, { edition: 'a#1' }],
    ['a claim', publishedBody, { edition: 'a#1', stage: 'claimed' }],
    ['a confirmation', retireBody, { client_id: 'a' }],
  ])('%s', (_what, schema, body) => {
    expect(schema.parse(body)).toEqual(body);
  });

  it.each([
    ['an apply of nothing', applyBody, {}],
    ['an apply with an owner of no kind', applyBody, { desired, owner: { kind: 'tag', name: 'x' } }],
    ['an apply with metadata that is a list', applyBody, { desired: { ...desired, metadata: [] } }],
    ['a receipt for nothing', publishedBody, { edition: '' }],
    ['a claim of another stage', publishedBody, { edition: 'a', stage: 'read' }],
    ['a confirmation of nothing', retireBody, { client_id: '' }],
  ])('not %s', (_what, schema, body) => {
    expect(schema.safeParse(body).success).toBe(false);
  });
});

describe('answers', () => {
  const registration: RegistrationView = {
    environment: 'pr-42',
    name: 'web',
    server: 'https://fhir.example.org/r4',
    status: 'active',
    retiring: [],
    suspects: [{ look_for: 'x', since: '2026-11-25T12:00:00Z' }],
    orphans: [{ client_id: 'a', server: 's', reason: 'r' }],
    published: [],
  };
  const done: ApplyAnswer = {
    api: 1,
    status: 'done',
    changed: true,
    registration,
    credentials: { client_id: 'a', edition: 'a#1' },
    publish: [],
    claimed: [{ kind: 'secret', name: 'A' }],
    events: [EVENTS.registered],
  };

  it.each([
    ['done', applyAnswer, done],
    ['working', workingAnswer, { api: 1, status: 'working', retry_after_seconds: 1 }],
    ['a view', viewAnswer, { api: 1, registration, events: [] }],
    ['an error', errorAnswer, { api: 1, error: 'not_allowed', message: 'm', hint: 'h', retry_after_seconds: 5 }],
  ])('%s', (_what, schema, body) => {
    expect(schema.parse(body)).toEqual(body);
    expect(schema.safeParse({ ...body, api: 2 }).success).toBe(false);
  });
});

it('no answer to a job has a place for what manages a client', () => {
  for (const schema of [applyAnswer, viewAnswer]) {
    const text = JSON.stringify(z.toJSONSchema(schema, { unrepresentable: 'any' }));
    expect(text).toContain('client_id');
    expect(text).not.toMatch(/registration_?(?:access_?token|client_?uri)|initial_?access|software_?statement/i);
  }
});
