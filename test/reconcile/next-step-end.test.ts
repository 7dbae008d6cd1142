import { client, DAY, desired, ID, NOW, OWNER, publication, record, removal, target, without } from './build.ts';
import { decides, ending, leaving, type Row, retiring, rotating, unverified } from './step-table.ts';

decides({
  'an old client': [
    ['stays until somebody confirms', record({ clients: [client(), retiring] }), { kind: 'done' }],
    [
      'goes after its overlap where time alone decides',
      record({ ...rotating({ retire: 'after-overlap' }), clients: [client(), retiring] }),
      { kind: 'retire', of: 'client-0', reason: 'its overlap is over' },
    ],
    [
      'stays during its overlap',
      record({ ...rotating({ retire: 'after-overlap' }), clients: [client(), { ...retiring, retiringSince: NOW }] }),
      { kind: 'done', due: NOW + DAY },
    ],
    [
      'of an unknown past has had its overlap',
      record({ ...rotating({ retire: 'after-overlap' }), clients: [client(), without(retiring, 'retiringSince')] }),
      { kind: 'retire', of: 'client-0' },
    ],
    [
      'that cannot be deleted is listed without waiting',
      record({ clients: [client(), without(retiring, 'access')] }),
      { kind: 'retire', of: 'client-0', reason: 'it cannot be deleted by us in any case' },
    ],
  ],
  'a client that is to be deleted': [
    ['is deleted', record({ clients: [client(), leaving] }), { kind: 'remove', of: 'client-0' }],
    [
      'is an orphan without access',
      record({ clients: [client(), without(leaving, 'access')] }),
      { kind: 'orphan', of: 'client-0' },
    ],
    [
      'is an orphan with the reason why there is no access',
      record({ clients: [client(), { ...without(leaving, 'access'), accessWithheld: 'it is elsewhere' }] }),
      { kind: 'orphan', reason: 'it is elsewhere' },
    ],
    [
      'waits without holding up the rest',
      record({ clients: [unverified, { ...leaving, removal: removal({ tryAt: NOW + 1 }) }] }),
      { kind: 'verify', of: 'client-1' },
    ],
    [
      'is what is due next while it waits',
      record({ clients: [client(), { ...leaving, removal: removal({ tryAt: NOW + 1 }) }] }),
      { kind: 'done', due: NOW + 1 },
    ],
    ['is deleted once more', record({ clients: [client(), { ...leaving, removal: removal() }] }), { kind: 'remove' }],
    [
      'is read to see that it is gone',
      record({ clients: [client(), { ...leaving, removal: removal({ stage: 'confirm' }) }] }),
      { kind: 'read', of: 'client-0' },
    ],
    [
      'is tried to see that it is gone',
      record({ clients: [client(), { ...leaving, removal: removal({ stage: 'verify' }) }] }),
      { kind: 'verify', of: 'client-0' },
    ],
    [
      'is gone',
      record({ clients: [client(), { ...leaving, removal: removal({ stage: 'gone', reason: 'refused' }) }] }),
      { kind: 'gone', ended: 'gone', reason: 'refused' },
    ],
    [
      'is deleted when the server said so',
      record({ clients: [client(), { ...leaving, removal: removal({ stage: 'gone', accepted: true }) }] }),
      { kind: 'gone', ended: 'deleted' },
    ],
    [
      'is an orphan when it cannot be deleted',
      record({ clients: [client(), { ...leaving, removal: removal({ stage: 'impossible' }) }] }),
      { kind: 'orphan', of: 'client-0' },
    ],
    ...(['ask', 'confirm', 'verify'] as const).map(
      (stage): Row => [
        `is an orphan after thirty days at the stage ${stage}`,
        record({ clients: [client(), { ...leaving, removal: removal({ stage, since: NOW - 31 * DAY }) }] }),
        { kind: 'orphan', reason: 'for 30 days it could not be deleted: answered 500' },
      ],
    ),
    [
      'stays while its credentials are the published ones',
      record({
        clients: [client(), leaving],
        desired: desired({ publish: [target(ID)] }),
        published: [publication(ID, 'client-0#1')],
      }),
      { kind: 'publish', of: 'client-1' },
    ],
    [
      'stays while its credentials may be the published ones',
      record({
        clients: [client(), leaving],
        desired: desired({ publish: [target(ID)] }),
        published: [publication(ID, 'client-0#1?')],
      }),
      { kind: 'publish', of: 'client-1' },
    ],
  ],
  'the end': [
    ['takes back what is published first', record({ ...ending, published: [publication(ID)] }), { kind: 'unpublish' }],
    ['retires every client', record(ending), { kind: 'retire', of: 'client-1', reason: 'the registration ends' }],
    ['deletes them', record({ ...ending, clients: [leaving] }), { kind: 'remove', of: 'client-0' }],
    [
      'deletes the others while one waits',
      record({
        ...ending,
        clients: [
          { ...leaving, removal: removal({ tryAt: NOW + 1 }) },
          { ...leaving, clientId: 'client-9' },
        ],
      }),
      { kind: 'remove', of: 'client-9' },
    ],
    [
      'waits for what has to be tried again',
      record({
        ...ending,
        clients: [
          { ...leaving, removal: removal({ tryAt: NOW + 5 }) },
          { ...leaving, removal: removal({ tryAt: NOW + 3 }) },
        ],
      }),
      { kind: 'wait', until: NOW + 3, why: 'back_off' },
    ],
    [
      'is reached with nothing due, whenever its time would have been over',
      record({ ...ending, clients: [], owner: OWNER, expiresAt: NOW - 1 }),
      { kind: 'done' },
    ],
  ],
});
