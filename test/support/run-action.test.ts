import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { startAuthorizationServer } from './authorization-server.ts';
import { parseCommandFile } from './command-files.ts';
import { createMasks } from './masks.ts';
import { runMain, runPost, startMain, startPost } from './run-action.ts';
import { parseWorkflowCommand } from './workflow-commands.ts';

const ACTION = `
name: example
description: example
inputs:
  client-name: { description: a, default: nobody }
  ttl: { description: b }
  github-token: { description: c, default: "\${{ github.token }}" }
  with space: { description: d, default: 7 }
runs: { using: node24, main: main.mjs, post: post.mjs }
`;
const PRELUDE = `
import { appendFileSync, readFileSync } from 'node:fs';
const { env } = process;
const append = (file, text) => appendFileSync(env[file], text);
`;

const directories: string[] = [];

afterEach(async () => {
  await Promise.all(directories.splice(0).map((directory) => rm(directory, { recursive: true })));
});

async function action(main: string, post = ''): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'example-action-'));
  directories.push(directory);
  await writeFile(join(directory, 'action.yml'), ACTION);
  await writeFile(join(directory, 'main.mjs'), PRELUDE + main);
  await writeFile(join(directory, 'post.mjs'), PRELUDE + post);
  return directory;
}

describe('running an action', () => {
  it('hands in inputs with defaults, the context and the event, and nothing of this process', async () => {
    process.env.LEFT_OVER = 'from the test process';
    const directory = await action(
      'console.log(JSON.stringify({ env, event: JSON.parse(readFileSync(env.GITHUB_EVENT_PATH)), cwd: process.cwd() }))',
    );
    const run = await runMain({
      directory,
      inputs: { 'Client-Name': 'web' },
      event: { name: 'pull_request', payload: { number: 42 } },
      github: { ref: 'refs/pull/42/merge', headRef: 'feature' },
      env: { HTTPS_PROXY: 'http://127.0.0.1:1' },
    });
    delete process.env.LEFT_OVER;
    const seen = JSON.parse(run.stdout) as { env: Record<string, string>; event: unknown; cwd: string };
    expect(seen.env).toMatchObject({
      'INPUT_CLIENT-NAME': 'web',
      INPUT_TTL: '',
      'INPUT_GITHUB-TOKEN': 'ghs_0123456789abcdefghijklmnopqrstuvwxyz',
      INPUT_WITH_SPACE: '7',
      GITHUB_EVENT_NAME: 'pull_request',
      GITHUB_REF: 'refs/pull/42/merge',
      GITHUB_HEAD_REF: 'feature',
      GITHUB_WORKSPACE: seen.cwd,
      HTTPS_PROXY: 'http://127.0.0.1:1',
    });
    expect(seen.env).not.toHaveProperty('LEFT_OVER');
    expect(Object.keys(seen.env).filter((name) => /VITEST|npm_|NODE/.test(name))).toEqual([]);
    expect(seen.event).toEqual({ number: 42 });
    expect(run.log).not.toContain('ghs_');
    expect(run).toMatchObject({
      exitCode: 0,
      conclusion: 'success',
      argv: [process.execPath, join(directory, 'main.mjs')],
    });
  });

  it('reads outputs, state, variables and the summary, and gives the state to the post step only', async () => {
    const directory = await action(
      `append('GITHUB_OUTPUT', 'a=1\\nb<<EOF\\nline 1\\nline=2\\nEOF\\n');
       append('GITHUB_STATE', 'made<<X\\n["c1"]\\nX\\n');
       append('GITHUB_ENV', 'WEB_CLIENT_ID=c1\\n');
       append('GITHUB_STEP_SUMMARY', '# made with s3cret\\n');
       console.log('::add-mask::s3cret');
       process.exitCode = 1;`,
      `console.log(JSON.stringify([env.STATE_made, env.WEB_CLIENT_ID, env.INPUT_TTL, readFileSync(env.GITHUB_OUTPUT, 'utf8')]));
       console.log('still s3cret');`,
    );
    const main = await runMain({ directory, inputs: { ttl: 'job' } });
    expect(main).toMatchObject({
      exitCode: 1,
      conclusion: 'failure',
      outputs: { a: '1', b: 'line 1\nline=2' },
      state: { made: '["c1"]' },
      env: { WEB_CLIENT_ID: 'c1' },
      summary: '# made with s3cret\n',
      shownSummary: '# made with ***\n',
    });
    expect(Object.keys(main.processEnv).filter((name) => name.startsWith('STATE_'))).toEqual([]);
    const post = await runPost(main);
    expect(JSON.parse(post.stdout.split('\n')[0] ?? '')).toEqual(['["c1"]', 'c1', 'job', '']);
    expect(post.log).toContain('still ***');
  });

  it('shows what a person sees: masks from when they were added, commands carried out', async () => {
    const directory = await action(
      `console.log('before: hunter22');
       console.log('::add-mask::hunter22%0A  second line%0A');
       console.log('after: hunter22hunter22, second line.');
       console.log('  ::error title=Server,file=a.yml,line=3::it said hunter22%0A100%25 sure');
       console.log('text from a server: ##[warning]taken as a command');
       console.log('text ::error::is only text');
       console.log('::unknown::is only text');
       console.log('::stop-commands::T0K');
       console.log('::error::not while stopped');
       console.log('::T0K::');
       console.log('::set-output name=x::y');`,
    );
    const run = await runMain({ directory });
    expect(run.stdout).toContain('after: hunter22');
    expect(run.log).toContain('before: hunter22\n');
    expect(run.log).toContain('after: ***, ***.\n');
    expect(run.log).toContain('text ::error::is only text\n::unknown::is only text\n');
    expect(run.masks).toEqual(expect.arrayContaining(['hunter22', 'second line']));
    expect(run.annotations).toEqual(
      expect.arrayContaining([
        { level: 'error', message: 'it said ***\n100% sure', title: 'Server', file: 'a.yml', line: '3' },
        { level: 'warning', message: 'taken as a command' },
      ]),
    );
    expect(run.annotations.filter((annotation) => annotation.level === 'error')).toHaveLength(1);
    expect(run.outputs).toEqual({ x: 'y' });
    expect(run.commands.map((command) => command.name)).toContain('set-output');
  });

  // Which of two streams is read first is open, so nothing else may decide here what is a command.
  it('carries out commands of the other stream too', async () => {
    const directory = await action(`console.error('::notice::on the other stream')`);
    const run = await runMain({ directory });
    expect(run.annotations).toContainEqual({ level: 'notice', message: 'on the other stream' });
  });

  it('masks the secrets of the job from the beginning', async () => {
    const directory = await action(`console.log('the token is', env['INPUT_TTL'])`);
    const run = await runMain({ directory, inputs: { ttl: 'initial-0001' }, secrets: ['initial-0001'] });
    expect(run.log).toBe('the token is ***\n');
  });

  it('fails a step whose command file is broken, and warns of inputs that do not exist', async () => {
    const directory = await action(`append('GITHUB_OUTPUT', 'a<<EOF\\nnever ended\\n')`);
    const run = await runMain({ directory, inputs: { 'redirect-urls': 'x' } });
    expect(run).toMatchObject({ exitCode: 0, conclusion: 'failure', outputs: {} });
    expect(run.log).toContain("Matching delimiter not found 'EOF'");
    expect(run.annotations[0]?.message).toContain("Unexpected input(s) 'redirect-urls'");
  });

  it('can be cancelled at the moment a request has reached a server, or killed', async () => {
    const server = await startAuthorizationServer();
    try {
      server.interfere({ method: 'GET', path: '/slow', do: { kind: 'delay', milliseconds: 30_000 } });
      const directory = await action(
        `process.on('SIGINT', () => { console.log('interrupted'); append('GITHUB_STATE', 'saved=yes\\n'); process.exit(130); });
         await fetch(env['INPUT_TTL']);`,
      );
      const cancelled = await startMain({ directory, inputs: { ttl: `${server.issuer}/slow` } });
      await server.arrival({ path: '/slow' });
      cancelled.cancel();
      expect(await cancelled.finished).toMatchObject({ exitCode: 130, log: 'interrupted\n', state: { saved: 'yes' } });

      const killed = await startMain({ directory, inputs: { ttl: `${server.issuer}/slow` } });
      await server.arrival({ path: '/slow' });
      killed.signal('SIGKILL');
      expect(await killed.finished).toMatchObject({
        exitCode: undefined,
        signal: 'SIGKILL',
        conclusion: 'failure',
        state: {},
      });
    } finally {
      await server.close();
    }
  });

  it('follows SIGINT with SIGTERM and the end when the action does not listen', async () => {
    const directory = await action(
      `process.on('SIGINT', () => console.log('no')); process.on('SIGTERM', () => console.log('no again'));
       setInterval(() => undefined, 1000); console.log('ready');`,
    );
    const stubborn = await startMain({ directory });
    await stubborn.printed('ready');
    stubborn.cancel({ untilTermMs: 50, untilKillMs: 50 });
    expect(await stubborn.finished).toMatchObject({ signal: 'SIGKILL', log: 'ready\nno\nno again\n' });
  });

  it('can end the post step halfway', async () => {
    const directory = await action('', `console.log('deleting'); setInterval(() => undefined, 1000);`);
    const post = await startPost(await runMain({ directory }));
    await post.printed('deleting');
    post.signal('SIGKILL');
    expect(await post.finished).toMatchObject({ signal: 'SIGKILL', conclusion: 'failure' });
  });

  it('ends an action that runs over its time, and says so', async () => {
    const directory = await action('setInterval(() => undefined, 1000);');
    await expect(runMain({ directory, timeLimitMs: 200 })).rejects.toThrow('time limit');
  });
});

describe('reading what the runner reads', () => {
  it.each([
    ['::error::x', { name: 'error', properties: {}, data: 'x' }],
    ['  ::error::x', { name: 'error', properties: {}, data: 'x' }],
    ['::ERROR::x', { name: 'error', properties: {}, data: 'x' }],
    [
      '::error file=a%2Cb%3Ac,line=1::x%253A',
      { name: 'error', properties: { file: 'a,b:c', line: '1' }, data: 'x%3A' },
    ],
    ['abc ##[add-mask]x', { name: 'add-mask', properties: {}, data: 'x' }],
    ['##[error file=a;line=1]x%5D', { name: 'error', properties: { file: 'a', line: '1' }, data: 'x]' }],
    ['::no::abc ##[error]x', { name: 'error', properties: {}, data: 'x' }],
    ['abc ::error::x', undefined],
    ['::error', undefined],
    ['::madeup::x', undefined],
    ['##[madeup]x', undefined],
    ['##[error', undefined],
    ['[error]x', undefined],
  ])('%s', (line, command) => {
    expect(parseWorkflowCommand(line)).toEqual(command);
  });

  it.each([
    ['a=b=c\n\nd=\n', { a: 'b=c', d: '' }],
    ['a<<E\r\n1\r\n\r\n2\r\nE\r\n', { a: '1\n\n2' }],
    ['a<<E\nb=c\nd<<F\nE\ne=f', { a: 'b=c\nd<<F', e: 'f' }],
    ['a<<E\nE\n', { a: '' }],
    ['a=b<<c', { a: 'b<<c' }],
  ])('command file %j', (text, pairs) => {
    expect(Object.fromEntries(parseCommandFile(text))).toEqual(pairs);
  });

  it.each(['nonsense', '=b', '<<E\nE', 'a<<\n', 'a<<E\nb'])('broken command file %j', (text) => {
    expect(() => parseCommandFile(text)).toThrow(/Invalid/);
  });

  it('hides overlapping values as one', () => {
    const masks = createMasks(['abcd', 'cdef', '']);
    expect(masks.apply('xabcdefx abcd')).toBe('x***x ***');
    expect(masks.values).toEqual(['abcd', 'cdef']);
  });
});
