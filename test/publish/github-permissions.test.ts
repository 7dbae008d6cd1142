import { expect, it } from 'vitest';
import { forbidden, PERMISSIONS } from '../../shared/publish/github-permissions.ts';

const ACCESS = { owner: 'octo', repo: 'app', tokenKind: 'app' } as const;

function messageWith(header: string | undefined): string {
  const answer = { status: 403, header: () => header };
  return forbidden(ACCESS, { what: 'write secrets', permission: PERMISSIONS.secrets, answer }).message;
}

it.each(['secrets=write', 'contents=write; pull_requests=read', 'a=read,b=write'])(
  'tells of %s, which GitHub says it wants',
  (header) => {
    expect(messageWith(header)).toBe(`The token may not write secrets: GitHub answered 403 and wants ${header}.`);
  },
);

it.each([undefined, '', 'github_pat_0123', 'secrets=write\u0007', 'secrets=write; github_pat_0123'])(
  'shows nothing else that may come in its place: %j',
  (header) => {
    expect(messageWith(header)).toBe('The token may not write secrets: GitHub answered 403.');
  },
);
