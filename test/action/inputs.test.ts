import { describe, expect, it } from 'vitest';
import { readInputs, secretInputs } from '../../action/inputs.ts';
import { isRegistrarError } from '../../shared/errors/registrar-error.ts';
import { readActionDefinition } from '../support/action-definition.ts';
import { ROOT } from './support/built-action.ts';

const given = (inputs: Readonly<Record<string, string>>) => readInputs((name) => inputs[name] ?? '');

function refusal(inputs: Readonly<Record<string, string>>): string {
  try {
    given(inputs);
  } catch (error) {
    if (isRegistrarError(error, 'input_invalid')) return `${error.message} ${error.hint}`;
    throw error;
  }
  throw new Error('it was read');
}

describe('inputs', () => {
  it('are those of action.yml, no more and no fewer, and its defaults can be read', async () => {
    const { inputs } = await readActionDefinition(ROOT);
    const asked = new Set<string>();
    readInputs((name) => {
      asked.add(name);
      return inputs.get(name) ?? '';
    });
    expect([...asked].sort()).toEqual([...inputs.keys()].sort());
  });

  it('are lists by commas, spaces and lines, and KEY=value by lines', () => {
    expect(
      given({
        clients: 'web, ehr\nbatch',
        'redirect-uris': 'https://a.example/cb https://b.example/cb\n',
        values: '\nHOST=a.example\r\n EMPTY=\n QUERY = a=b \n',
      }),
    ).toMatchObject({
      clients: ['web', 'ehr', 'batch'],
      redirectUris: ['https://a.example/cb', 'https://b.example/cb'],
      values: { HOST: 'a.example', EMPTY: '', QUERY: 'a=b' },
    });
  });

  it.each([
    ['command', 'aply', /command is "aply"\. Use one of apply, plan/u],
    ['strict', 'maybe', /strict is "maybe"\. Use true or false/u],
    ['if-unavailable', 'ignore', /if-unavailable is "ignore"\. Use one of fail, skip/u],
    ['values', 'A=1\nnonsense', /values has no KEY=value in line 2\./u],
    ['values', '=1', /values has no KEY=value in line 1\./u],
    ['values', 'a-b=1', /letters, digits and underscores/u],
    ['initial-access-token', 'Bearer canary', /has spaces or line breaks in it\. Give the token alone/u],
    ['initial-access-token', '{"client_id": "canary', /begins with \{ and is not JSON/u],
    ['initial-access-token', '{"client_id": "canary"}', /Give client_id, client_secret/u],
    [
      'initial-access-token',
      '{"client_id": "canary", "client_secret": "canary", "scope": 7}',
      /Give client_id, client_secret/u,
    ],
  ])('%s: %j is refused with what it takes, and without the value of a secret', (name, value, says) => {
    const told = refusal({ [name]: value });
    expect(told).toMatch(says);
    expect(told).not.toContain('canary');
  });

  it('that are secrets are masked: the token, or the secret of the client that fetches one, and the statement', () => {
    const json = '{"client_id":"registrar","client_secret":"canary-secret"}';
    expect(
      secretInputs(given({ 'initial-access-token': 'canary-token', 'software-statement': 'canary-statement' })),
    ).toEqual(expect.arrayContaining(['canary-token', 'canary-statement']));
    expect(secretInputs(given({ 'initial-access-token': json }))).toContain('canary-secret');
    expect(secretInputs(given({ 'initial-access-token': json }))).not.toContain('registrar');
  });
});
