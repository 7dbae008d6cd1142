import { CHANGED, client, desired, ELSEWHERE, METADATA, OWNER, ROTATION, record, suspect, without } from './build.ts';
import { bare, changed, decides, next } from './step-table.ts';

decides({
  'a changed manifest': [
    ['is an update', record(changed()), { kind: 'update', of: 'client-1', purpose: 'changed' }],
    [
      'is an update when only the order of a list has changed back and forth, never',
      record({
        desired: desired({ metadata: { ...METADATA, scope: 'b a' } }),
        clients: [client({ requested: { ...METADATA, scope: 'a b' } })],
      }),
      { kind: 'done' },
    ],
    [
      'stops where the server cannot update',
      record({ ...changed(), traits: { updates: 'unsupported' } }),
      { kind: 'stop', code: 'update_unsupported' },
    ],
    [
      'stops where the server gave no token',
      record({ ...changed(), clients: [bare] }),
      { kind: 'stop', code: 'update_unsupported' },
    ],
    [
      'stops where the token is refused',
      record({ ...changed(), clients: [client({ accessSeen: 'refused' })] }),
      { kind: 'stop', code: 'access_refused' },
    ],
    ['stops when it names another server', record({ server: ELSEWHERE }), { kind: 'stop', code: 'update_unsupported' }],
    [
      'is a new client where the manifest allows it',
      record({ ...changed({ update: 'replace' }), clients: [bare] }),
      { kind: 'register', purpose: 'replacement' },
    ],
    [
      'is a new client where its client_id may change',
      record({ ...changed({ rotation: ROTATION }), clients: [bare] }),
      { kind: 'register', purpose: 'replacement' },
    ],
    [
      'is a new client when it ends by itself',
      record({ ...changed(), owner: OWNER, clients: [bare] }),
      { kind: 'register', purpose: 'replacement' },
    ],
    [
      'is no new client beside a suspect',
      record({ ...changed({ update: 'replace' }), clients: [bare], suspects: [suspect()] }),
      { kind: 'stop', code: 'suspect_found' },
    ],
    [
      'stops where every update replaces the secret',
      record({ ...changed(), traits: { updateReplacesSecret: true } }),
      { kind: 'stop', code: 'update_interrupts' },
    ],
    [
      'is an update where apps may be interrupted',
      record({ ...changed({ update: 'interrupt' }), traits: { updateReplacesSecret: true } }),
      { kind: 'update', purpose: 'changed' },
    ],
    [
      'is a new client where apps must not be interrupted',
      record({ ...changed({ update: 'replace' }), traits: { updateReplacesSecret: true } }),
      { kind: 'register', purpose: 'replacement' },
    ],
    [
      'is an update when it ends by itself, whatever it interrupts',
      record({ ...changed(), owner: OWNER, traits: { updateReplacesSecret: true } }),
      { kind: 'update', purpose: 'changed' },
    ],
    [
      'is an update of a client without a secret, which nothing interrupts',
      record({ ...changed(), clients: [without(client(), 'clientSecret')], traits: { updateReplacesSecret: true } }),
      { kind: 'update', purpose: 'changed' },
    ],
    [
      'gives up the next client that was made before',
      record({ ...changed(), clients: [client({ requested: CHANGED }), next] }),
      { kind: 'retire', of: 'client-2', reason: 'the manifest has changed since it was made' },
    ],
    [
      'does not touch the current client while there is a next one that fits',
      record({ ...changed(), clients: [client(), without({ ...next, requested: CHANGED }, 'verification')] }),
      { kind: 'verify', of: 'client-2' },
    ],
  ],
});
