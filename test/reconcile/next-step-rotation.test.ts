import { client, DAY, desired, ID, NOW, OWNER, publication, ROTATION, record, suspect, target } from './build.ts';
import { asked, bare, changed, decides, next, retiring, rotating, verified } from './step-table.ts';

decides({
  'a rotation': [
    ['is not begun without being asked for', record(rotating()), { kind: 'done', due: NOW + 29 * DAY }],
    [
      'registers a new client when asked for',
      record({ ...asked('replace'), ...rotating() }),
      { kind: 'register', purpose: 'rotation' },
    ],
    [
      'comes before a change that has to wait for a person',
      record({ ...asked('replace'), ...changed({ rotation: ROTATION }), clients: [client({ accessSeen: 'refused' })] }),
      { kind: 'register', purpose: 'rotation' },
    ],
    [
      'is not allowed to change the client_id unasked',
      record(asked('replace')),
      { kind: 'stop', code: 'rotation_not_allowed' },
    ],
    [
      'changes the client_id when a secret has leaked',
      record(asked('replace', 'leak')),
      { kind: 'register', purpose: 'rotation' },
    ],
    [
      'changes the client_id of what ends by itself',
      record({ ...asked('replace'), owner: OWNER }),
      { kind: 'register', purpose: 'rotation' },
    ],
    ['in place is an update', record(asked('in-place')), { kind: 'update', purpose: 'rotation' }],
    [
      'in place stops without access',
      record({ ...asked('in-place'), clients: [bare] }),
      { kind: 'stop', code: 'update_unsupported' },
    ],
    [
      'in place stops where the server cannot update',
      record({ ...asked('in-place'), traits: { updates: 'unsupported' } }),
      { kind: 'stop', code: 'update_unsupported' },
    ],
    [
      'in place stops where the token is refused',
      record({ ...asked('in-place'), clients: [client({ accessSeen: 'refused' })] }),
      { kind: 'stop', code: 'access_refused' },
    ],
    [
      'stops beside a suspect',
      record({ ...asked('replace'), ...rotating(), suspects: [suspect()] }),
      { kind: 'stop', code: 'suspect_found' },
    ],
    [
      'begins by age',
      record({ ...rotating(), clients: [client({ madeAt: NOW - 30 * DAY })] }),
      { kind: 'register', purpose: 'rotation' },
    ],
    [
      'counts its age from the last one',
      record({ ...rotating(), clients: [client({ madeAt: NOW - 30 * DAY })], rotatedAt: NOW - DAY }),
      { kind: 'done', due: NOW + 29 * DAY },
    ],
    [
      'begins before the secret expires',
      record({
        ...rotating(),
        clients: [client({ madeAt: NOW - 80 * DAY, clientSecretExpiresAt: (NOW + 7 * DAY) / 1000 })],
        rotatedAt: NOW,
      }),
      { kind: 'register', purpose: 'rotation' },
    ],
    [
      'of a permanent client nobody wants rotated is not begun before its secret expires',
      record({ clients: [client({ clientSecretExpiresAt: NOW / 1000 })] }),
      { kind: 'done' },
    ],
    [
      'of an owned client begins at half the life of a short-lived secret',
      record({ owner: OWNER, clients: [client({ clientSecretExpiresAt: (NOW + DAY) / 1000 })] }),
      { kind: 'register', purpose: 'rotation' },
    ],
    [
      'does not begin while an old client is unconfirmed',
      record({ ...rotating(), clients: [client({ madeAt: NOW - 30 * DAY }), retiring] }),
      { kind: 'done' },
    ],
    [
      'is held back for a day after one that failed',
      record({ ...rotating(), clients: [client({ madeAt: NOW - 30 * DAY })], rotationHeldUntil: NOW + 1 }),
      { kind: 'done', due: NOW + 1 },
    ],
    [
      'gives up a client whose credentials are refused',
      record({ clients: [client(), { ...next, ...verified('refused') }] }),
      { kind: 'retire', of: 'client-2', failed: true },
    ],
    [
      'gives up a client of which nothing could be shown',
      record({ clients: [client(), { ...next, ...verified('unknown') }] }),
      { kind: 'retire', of: 'client-2', failed: true },
    ],
    [
      'by a change keeps a client of which nothing could be shown',
      record({ clients: [client(), { ...next, purpose: 'replacement', ...verified('unknown') }] }),
      { kind: 'promote', of: 'client-2' },
    ],
    ['promotes a client that works', record({ clients: [client(), next] }), { kind: 'promote', of: 'client-2' }],
    [
      'publishes before it promotes',
      record({
        clients: [client(), next],
        desired: desired({ publish: [target(ID)] }),
        published: [publication(ID, 'client-1#1')],
      }),
      { kind: 'publish', of: 'client-2' },
    ],
    [
      'announces before it promotes',
      record({ clients: [client(), next], desired: desired({ announce: 'dispatch' }) }),
      { kind: 'announce', of: 'client-2' },
    ],
    [
      'announces once',
      record({
        clients: [client(), next],
        desired: desired({ announce: 'dispatch' }),
        announced: { clientId: 'client-2', at: NOW },
      }),
      { kind: 'promote', of: 'client-2' },
    ],
  ],
});
