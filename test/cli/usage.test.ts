import { describe, expect, it } from 'vitest';
import { COMMANDS, helpText, readArguments, UsageError } from '../../cli/options.ts';
import { isRegistrarError } from '../../shared/errors/registrar-error.ts';
import { openDesk } from './support/run-cli.ts';

function refusal(...argv: string[]): string {
  try {
    readArguments(argv);
  } catch (error) {
    if (error instanceof UsageError && isRegistrarError(error)) return `${error.message} ${error.hint}`;
    throw error;
  }
  throw new Error('it was understood');
}

describe('arguments', () => {
  it.each([
    [['doctr', 'https://as.example'], /no command "doctr"; did you mean doctor\?/u],
    [['frobnicate'], /no command "frobnicate"\. Try: oauth-registrar --help/u],
    [['doctor'], /doctor needs the address of a server/u],
    [['doctor', 'https://as.example', '--prob'], /no option --prob; did you mean --probe\?/u],
    [['show', '--wrong-thing'], /show has no option --wrong-thing\. Try: oauth-registrar show --help/u],
    [['show', 'web'], /show does not take "web"/u],
    [['register', 'https://a.example', 'https://b.example'], /register does not take "https:\/\/b\.example"/u],
    [['update', '--name'], /--name needs a value/u],
    [['show', '--secrets=yes'], /--secrets is not used like this/u],
    [['help', 'shw'], /did you mean show\?/u],
  ])('%j is not understood, and what was meant is said', (argv, says) => {
    expect(refusal(...argv)).toMatch(says);
  });

  it.each(Object.keys(COMMANDS) as (keyof typeof COMMANDS)[])('the help of %s has all its options', (command) => {
    expect(readArguments([command, '--help'])).toEqual({ kind: 'help', command });
    for (const option of Object.keys(COMMANDS[command].options)) expect(helpText(command)).toContain(`--${option}`);
    expect(helpText()).toContain(COMMANDS[command].what);
  });
});

it('the process ends with 2 when it was not understood, and with JSON where JSON was asked for', async () => {
  const desk = await openDesk();
  const [version, help, wrong, json, set] = await Promise.all([
    desk.run('--version'),
    desk.run(),
    desk.run('doctr'),
    desk.run('doctr', '--json'),
    desk.run('register', 'https://as.example', '--set', 'nonsense'),
  ]);
  expect(version).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/u) });
  expect(help).toMatchObject({ code: 0, stdout: expect.stringContaining('apply') });
  expect(wrong).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('What to do: ') });
  expect(JSON.parse(json.stdout)).toMatchObject({ error: { code: 'input_invalid' } });
  expect(set).toMatchObject({ code: 2, stderr: expect.stringContaining('is not member=value') });
});
