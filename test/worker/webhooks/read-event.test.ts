import { describe, expect, it } from 'vitest';
import { readEvent } from '../../../worker/webhooks/read-event.ts';
import { EVENT_NAMES, NOW, realPayloads } from './support/hooks.ts';

const read = (name: string, payload: unknown) => readEvent({ name, payload, receivedAt: NOW });
const real = (name: string, action?: string) => realPayloads(name, action)[0] as Record<string, unknown>;
const idOf = (payload: Record<string, unknown>) => String((payload.repository as { id: number }).id);

describe('what ends and what begins again', () => {
  it.each([
    ['closed', 'owner_ended', '2019-05-15T15:21:18Z'],
    ['reopened', 'owner_reopened', '2019-05-15T15:20:33Z'],
  ])('every pull request that is %s', (action, kind, at) => {
    for (const payload of realPayloads('pull_request', action)) {
      expect(read('pull_request', payload)).toEqual([
        {
          kind,
          repositoryId: '186853002',
          owner: { kind: 'pull_request', number: 2 },
          at: Date.parse(at),
        },
      ]);
    }
  });

  it('a pull request whose fork is gone', () => {
    const payload = real('pull_request', 'closed');
    const { head } = payload.pull_request as { head: Record<string, unknown> };
    const forkGone = {
      ...payload,
      pull_request: { ...(payload.pull_request as object), head: { ...head, repo: null } },
    };
    expect(read('pull_request', forkGone)).toMatchObject([{ kind: 'owner_ended', repositoryId: '186853002' }]);
  });

  it.each([
    ['delete', 'owner_ended'],
    ['create', 'owner_reopened'],
  ])('branches, not tags: %s', (name, kind) => {
    for (const payload of realPayloads(name)) {
      expect(payload.ref_type).toBe('tag');
      expect(read(name, payload)).toEqual([]);
      const pushedAt = (payload.repository as { pushed_at: string }).pushed_at;
      expect(read(name, { ...payload, ref_type: 'branch', ref: 'feature/x' })).toEqual([
        { kind, repositoryId: idOf(payload), owner: { kind: 'branch', name: 'feature/x' }, at: Date.parse(pushedAt) },
      ]);
    }
  });
});

describe('what becomes of a repository', () => {
  it('a new name and a new owner, with both', () => {
    expect(read('repository', real('repository', 'renamed'))).toEqual([
      {
        kind: 'repository_renamed',
        repositoryId: '186853261',
        at: Date.parse('2019-05-15T15:20:41Z'),
        repository: { owner: 'Octocoders', name: 'Hello-World', ownerId: '38302899' },
      },
    ]);
    for (const payload of realPayloads('repository', 'transferred')) {
      expect(read('repository', payload)).toMatchObject([
        { kind: 'repository_transferred', repositoryId: idOf(payload), repository: { name: 'Hello-World' } },
      ]);
    }
  });

  it.each(['deleted', 'archived', 'unarchived'])('it is %s', (action) => {
    const payload = { ...real('repository', 'edited'), action };
    expect(read('repository', payload)).toEqual([
      { kind: `repository_${action}`, repositoryId: idOf(payload), at: Date.parse('2019-05-15T15:20:41Z') },
    ]);
  });
});

describe('where the App is installed', () => {
  it.each([
    ['installation', 'created', 'installation_added'],
    ['installation', 'new_permissions_accepted', 'installation_added'],
    ['installation', 'deleted', 'installation_removed'],
    ['installation_repositories', 'removed', 'installation_removed'],
  ])('%s %s, for every repository that it names', (name, action, kind) => {
    for (const payload of realPayloads(name, action)) {
      const named = (payload.repositories ?? payload.repositories_removed) as readonly { id: number }[];
      expect(read(name, payload)).toEqual(named.map(({ id }) => ({ kind, repositoryId: String(id), at: NOW })));
      expect(named.length).toBeGreaterThan(0);
    }
  });

  it('repositories that are added', () => {
    const payload = real('installation_repositories', 'added');
    const added = payload.repositories_added as readonly { id: number }[];
    expect(read('installation_repositories', payload)).toEqual(
      added.map(({ id }) => ({ kind: 'installation_added', repositoryId: String(id), at: NOW })),
    );
  });

  it('suspending names no repository, so nothing is done', () => {
    expect(read('installation', real('installation', 'suspend'))).toEqual([]);
    expect(read('installation', real('installation', 'unsuspend'))).toEqual([]);
  });

  it.each(['constructor', '__proto__', 'toString', { toString: 1 }, ['created'], null])(
    'the action %j means nothing',
    (action) => {
      expect(read('installation', { ...real('installation', 'created'), action })).toEqual([]);
    },
  );
});

describe('everything else is nothing', () => {
  const MEANT = new Set(['pull_request', 'repository', 'installation', 'installation_repositories']);

  it.each(EVENT_NAMES.filter((name) => !MEANT.has(name)))('%s', (name) => {
    for (const payload of realPayloads(name)) expect(read(name, payload)).toEqual([]);
  });

  it.each([
    ['pull_request', new Set(['closed', 'reopened'])],
    ['repository', new Set(['renamed', 'transferred'])],
  ])('every other action of %s', (name, meant) => {
    const others = realPayloads(name).filter(({ action }) => !meant.has(action as string));
    expect(others.length).toBeGreaterThan(3);
    for (const payload of others) expect(read(name, payload)).toEqual([]);
  });

  it('an event that does not exist yet', () => {
    expect(read('pull_request_evaporated', real('pull_request', 'closed'))).toEqual([]);
  });

  it.each([null, 5, 'text', [], {}, { action: 'closed' }, { action: 'closed', repository: { id: 1 } }])(
    'a payload like %j',
    (payload) => {
      for (const name of ['pull_request', 'delete', 'create', ...MEANT]) expect(read(name, payload)).toEqual([]);
    },
  );

  it.each([
    ['an id that is text', { repository: { id: '186853002' } }],
    ['an id below one', { repository: { id: 0 } }],
    ['an id beyond exact numbers', { repository: { id: 2 ** 60 } }],
    ['no number', { pull_request: {}, number: undefined }],
    ['a number that is text', { pull_request: { number: '2' } }],
  ])('a pull request with %s', (_what, changes) => {
    expect(read('pull_request', { ...real('pull_request', 'closed'), ...changes })).toEqual([]);
  });

  it.each(['renamed', 'transferred'])('a repository %s to nobody knows where', (action) => {
    expect(read('repository', { action, repository: { id: 1, name: 'a' } })).toEqual([]);
  });

  it('a branch without a name', () => {
    expect(read('delete', { ref_type: 'branch', ref: '', repository: { id: 1 } })).toEqual([]);
    expect(read('delete', { ref_type: 'branch', ref: 7, repository: { id: 1 } })).toEqual([]);
  });
});

describe('when it happened', () => {
  const deleted = (pushedAt: unknown) =>
    read('delete', { ref_type: 'branch', ref: 'x', repository: { id: 1, pushed_at: pushedAt } })[0]?.at;

  it('is read from text and from epoch seconds', () => {
    expect(deleted('2026-11-25T11:00:00Z')).toBe(NOW - 3_600_000);
    expect(deleted(NOW / 1000 - 60)).toBe(NOW - 60_000);
  });

  it('is now, where the payload does not say or says something later', () => {
    expect(deleted(undefined)).toBe(NOW);
    expect(deleted('yesterday')).toBe(NOW);
    expect(deleted('2026-11-25T13:00:00Z')).toBe(NOW);
  });
});
