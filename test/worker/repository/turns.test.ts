import { expect, test } from 'vitest';
import { createTurns } from '../../../worker/repository/turns.ts';

/** A clock in which patience ends when a test says so. */
function setUp() {
  let now = 0;
  const waiting: (() => void)[] = [];
  const turns = createTurns({ now: () => now, sleep: () => new Promise((resolve) => waiting.push(resolve)) });
  const log: string[] = [];
  const gate = () => {
    let open = () => {};
    const passed = new Promise<void>((resolve) => {
      open = resolve;
    });
    return { open, passed };
  };
  const ask = (wish: string, task: () => Promise<string>) => turns.ask({ lane: 'a', wish, patienceMs: 1, task });
  return {
    turns,
    log,
    gate,
    ask,
    runOutOfPatience: () => waiting.splice(0).forEach((resolve) => void resolve()),
    pass: (ms: number) => {
      now += ms;
    },
  };
}

test('in one lane things are done one after the other, in another at the same time', async () => {
  const { turns, log, gate } = setUp();
  const first = gate();
  const one = turns.take('a', async () => {
    log.push('one begins');
    await first.passed;
    log.push('one ends');
  });
  const two = turns.take('a', async () => void log.push('two'));
  await turns.take('b', async () => void log.push('other lane'));
  first.open();
  await Promise.all([one, two]);
  expect(log).toEqual(['one begins', 'other lane', 'one ends', 'two']);
});

test('what fails does not keep the next from its turn', async () => {
  const { turns } = setUp();
  const failing = turns.take('a', () => Promise.reject(new Error('no')));
  const next = turns.take('a', async () => 'yes');
  await expect(failing).rejects.toThrow('no');
  expect(await next).toBe('yes');
});

test('the same wish joins, another waits; who has no patience left is told so, and may join again', async () => {
  const { log, gate, ask, runOutOfPatience } = setUp();
  const first = gate();
  const task = async () => {
    log.push('work');
    await first.passed;
    return 'result';
  };
  const impatient = ask('x', task);
  await Promise.resolve();
  runOutOfPatience();
  expect(await impatient).toEqual({ kind: 'working' });
  const joined = ask('x', task);
  const other = ask('y', async () => 'other');
  first.open();
  expect(await joined).toEqual({ kind: 'done', value: 'result' });
  expect(await other).toEqual({ kind: 'done', value: 'other' });
  expect(log).toEqual(['work']);
});

test('a result that nobody has fetched is kept for a while, and not past other work', async () => {
  const { turns, log, ask, runOutOfPatience, pass, gate } = setUp();
  const leave = async (wish: string) => {
    const begun = gate();
    const left = ask(wish, async () => {
      await begun.passed;
      log.push(wish);
      return wish;
    });
    await Promise.resolve();
    runOutOfPatience();
    await left;
    begun.open();
    await new Promise((resolve) => setTimeout(resolve));
  };
  const again = (wish: string) =>
    ask(wish, async () => {
      log.push(`${wish} again`);
      return wish;
    });
  await leave('fetched');
  await again('fetched');
  await again('fetched');
  await leave('old');
  pass(121_000);
  await again('old');
  await leave('overtaken');
  await turns.take('a', async () => {});
  await again('overtaken');
  expect(log).toEqual(['fetched', 'fetched again', 'old', 'old again', 'overtaken', 'overtaken again']);
});
