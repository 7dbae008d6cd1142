import { ALL, client, desired, ID, KEY, publication, record, SECRET, SERVER, target, without } from './build.ts';
import { decides } from './step-table.ts';

decides({
  publishing: [
    [
      'is done when every name holds the current credentials',
      record({
        desired: desired({ publish: [target(ID, SECRET)] }),
        published: [publication(ID, 'client-1#1'), publication(SECRET, 'client-1#1')],
      }),
      { kind: 'done' },
    ],
    [
      'writes again when the credentials have changed',
      record({ desired: desired({ publish: [target(ALL)] }), published: [publication(ALL, 'client-1#0')] }),
      { kind: 'publish', of: 'client-1' },
    ],
    [
      'claims a name that now holds another part',
      record({
        desired: desired({ publish: [target({ ...SECRET, field: 'json' })] }),
        published: [publication(SECRET, 'client-1#1')],
      }),
      { kind: 'claim' },
    ],
    [
      'takes back a name that is no longer asked for',
      record({ published: [publication(ID, 'client-1#1')] }),
      { kind: 'unpublish' },
    ],
    [
      'takes back the secret of a client that has none any more',
      record({
        clients: [without(client(), 'clientSecret')],
        desired: desired({ publish: [target(ID, SECRET)] }),
        published: [publication(ID, 'client-1#1'), publication(SECRET, 'client-1#0')],
      }),
      { kind: 'unpublish' },
    ],
    [
      'claims key and id of a key that will be made, and no secret',
      record({
        clients: [],
        desired: desired({
          makeKey: true,
          metadata: { token_endpoint_auth_method: 'private_key_jwt' },
          publish: [target(SECRET, { kind: 'secret', name: 'KEY', field: 'private_key' })],
        }),
      }),
      { kind: 'claim' },
    ],
    [
      'claims nothing for what the server does not have',
      record({
        clients: [],
        server: without(SERVER, 'issuer', 'tokenEndpoint'),
        desired: desired({
          publish: [
            target(
              { kind: 'variable', name: 'ISSUER', field: 'issuer' },
              { kind: 'variable', name: 'TOKEN', field: 'token_endpoint' },
              { kind: 'variable', name: 'KID', field: 'key_id' },
            ),
          ],
        }),
      }),
      { kind: 'register' },
    ],
    [
      'publishes a made key',
      record({
        clients: [client({ key: KEY })],
        desired: desired({ publish: [target({ kind: 'secret', name: 'KEY', field: 'private_key' })] }),
        published: [publication({ kind: 'secret', name: 'KEY', field: 'private_key' })],
      }),
      { kind: 'publish' },
    ],
  ],
});
