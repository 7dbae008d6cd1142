import {
  CHANGED,
  client,
  desired,
  ID,
  intent,
  METADATA,
  NOW,
  OWNER,
  publication,
  ROTATION,
  record,
  removal,
  suspect,
  target,
} from './build.ts';
import { bare, call, decides, ending, unverified, verified } from './step-table.ts';

decides({
  'while an earlier run may be at work': [
    [
      'waits for the limit of a registration',
      record({ intent: intent({ limitAt: NOW + 1 }) }),
      { kind: 'wait', until: NOW + 1, why: 'in_flight' },
    ],
    [
      'waits for the limit of a call',
      record({ call: { ...call, limitAt: NOW + 9 } }),
      { kind: 'wait', until: NOW + 9, why: 'in_flight' },
    ],
    ['takes a registration without an answer for a suspect', record({ intent: intent() }), { kind: 'suspect' }],
    ['forgets a call without an answer', record({ call }), { kind: 'lost_call' }],
    [
      'waits also when it is to end',
      record({ ...ending, intent: intent({ limitAt: NOW + 1 }) }),
      { kind: 'wait', until: NOW + 1, why: 'in_flight' },
    ],
    [
      'takes a registration without an answer for a suspect also when it is to end',
      record({ ...ending, intent: intent() }),
      { kind: 'suspect' },
    ],
    [
      'holds back after a failure',
      record({ backOff: { failures: 1, until: NOW + 1 } }),
      { kind: 'wait', until: NOW + 1, why: 'back_off' },
    ],
    ['goes on when it has held back', record({ backOff: { failures: 1, until: NOW } }), { kind: 'done' }],
  ],
  'a first client': [
    ['is registered', record({ clients: [] }), { kind: 'register', purpose: 'first' }],
    [
      'is registered only when its names are claimed',
      record({ clients: [], desired: desired({ publish: [target(ID)] }) }),
      { kind: 'claim' },
    ],
    [
      'is registered once its names are claimed',
      record({ clients: [], desired: desired({ publish: [target(ID)] }), published: [publication(ID)] }),
      { kind: 'register', purpose: 'first' },
    ],
    [
      'is not registered beside a suspect',
      record({ clients: [], suspects: [suspect()] }),
      { kind: 'stop', code: 'suspect_found' },
    ],
    [
      'is registered beside one suspect when it ends by itself',
      record({ clients: [], owner: OWNER, suspects: [suspect()] }),
      { kind: 'register', purpose: 'first' },
    ],
    [
      'is not registered beside two suspects',
      record({ clients: [], owner: OWNER, suspects: [suspect(), suspect()] }),
      { kind: 'stop', code: 'suspect_found' },
    ],
    [
      'is registered anew beside one that is being deleted',
      record({ clients: [client({ role: 'leaving', removal: removal({ tryAt: NOW + 1 }) })] }),
      { kind: 'register', purpose: 'first' },
    ],
    ['is tried', record({ clients: [unverified] }), { kind: 'verify', of: 'client-1' }],
    [
      'is not published when its credentials are refused',
      record({
        clients: [client(verified('refused'))],
        desired: desired({ publish: [target(ID)] }),
        published: [publication(ID)],
      }),
      { kind: 'stop', code: 'credentials_refused' },
    ],
    [
      'is published when its credentials could not be tried',
      record({
        clients: [client(verified('unknown'))],
        desired: desired({ publish: [target(ID)] }),
        published: [publication(ID)],
      }),
      { kind: 'publish', of: 'client-1' },
    ],
  ],
  'a client of unknown state': [
    ['is read', record({ clients: [client({ uncertain: true })] }), { kind: 'read', of: 'client-1' }],
    [
      'is read with a refused token once more',
      record({ clients: [client({ uncertain: true, accessSeen: 'refused' })] }),
      { kind: 'read', of: 'client-1' },
    ],
    [
      'is not read with a refused token while a leak waits',
      record({
        clients: [client({ uncertain: true, accessSeen: 'refused' })],
        desired: desired({ rotation: ROTATION }),
        rotation: { reason: 'leak', strategy: 'replace', startedAt: NOW },
      }),
      { kind: 'register', purpose: 'rotation' },
    ],
    [
      'is read before a leak is seen to where its token was not refused',
      record({
        clients: [client({ uncertain: true })],
        rotation: { reason: 'leak', strategy: 'replace', startedAt: NOW },
      }),
      { kind: 'read', of: 'client-1' },
    ],
    ['is not read without access', record({ clients: [{ ...bare, uncertain: true }] }), { kind: 'done' }],
    [
      'is not read when it is being deleted',
      record({ clients: [client(), client({ clientId: 'client-0', role: 'leaving', uncertain: true })] }),
      { kind: 'remove', of: 'client-0' },
    ],
  ],
  strict: [
    [
      'stops when something else was granted',
      record({ desired: desired({ strict: true }), clients: [client({ granted: CHANGED })] }),
      { kind: 'stop', code: 'metadata_differs' },
    ],
    [
      'takes what the server leaves out for granted',
      record({ desired: desired({ strict: true }), clients: [client({ granted: {} })] }),
      { kind: 'done' },
    ],
    [
      'does not mind the marker in the name',
      record({
        desired: desired({ strict: true }),
        clients: [client({ marker: 'or-1', granted: { ...METADATA, client_name: 'Growth chart [or-1]' } })],
      }),
      { kind: 'done' },
    ],
    [
      'has nothing to say of a client that is to be registered',
      record({ desired: desired({ strict: true }), clients: [] }),
      { kind: 'register' },
    ],
  ],
  'what is owned': [
    [
      'ends when its time is over',
      record({ owner: OWNER, expiresAt: NOW }),
      { kind: 'end', reason: 'its time to live is over' },
    ],
    ['stays until then', record({ owner: OWNER, expiresAt: NOW + 1 }), { kind: 'done', due: NOW + 1 }],
    ['by nobody does not end', record({ expiresAt: NOW }), { kind: 'done' }],
    ['without a time to live stays', record({ owner: OWNER }), { kind: 'done' }],
  ],
});
