import { describe, expect, test } from 'vitest';
import { CALLS_AT_ONCE, createCallOrder } from '../../shared/registration/call-order.ts';

/** Lets everything run that does not wait for a task. */
const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

/** Tasks that note when they begin and end when told to. */
function tasks() {
  const begun: string[] = [];
  const ends = new Map<string, { readonly finish: () => void; readonly fail: () => void }>();
  const task = (name: string) => () => {
    begun.push(name);
    return new Promise<string>((resolve, reject) => {
      ends.set(name, { finish: () => resolve(name), fail: () => reject(new Error(name)) });
    });
  };
  return {
    begun,
    task,
    finish: (name: string) => ends.get(name)?.finish(),
    fail: (name: string) => ends.get(name)?.fail(),
  };
}

describe('tasks of one lane', () => {
  test('run one after the other, in the order they came', async () => {
    const { begun, task, finish } = tasks();
    const order = createCallOrder();
    const results = ['a', 'b', 'c'].map((name) => order.oneAtATime('lane', task(name)));
    await settled();
    expect(begun).toEqual(['a']);
    finish('a');
    await settled();
    expect(begun).toEqual(['a', 'b']);
    finish('b');
    await settled();
    finish('c');
    expect(await Promise.all(results)).toEqual(['a', 'b', 'c']);
  });

  test('are not held up by one that fails', async () => {
    const { begun, task, finish, fail } = tasks();
    const order = createCallOrder();
    const first = order.oneAtATime('lane', task('a'));
    const second = order.oneAtATime('lane', task('b'));
    await settled();
    fail('a');
    await expect(first).rejects.toThrow('a');
    await settled();
    expect(begun).toEqual(['a', 'b']);
    finish('b');
    expect(await second).toBe('b');
  });

  test('are not held up by one that throws at once', async () => {
    const order = createCallOrder();
    const first = order.oneAtATime('lane', () => {
      throw new Error('at once');
    });
    const second = order.oneAtATime('lane', () => Promise.resolve('b'));
    await expect(first).rejects.toThrow('at once');
    expect(await second).toBe('b');
  });

  test('do not wait for another lane', async () => {
    const { begun, task, finish } = tasks();
    const order = createCallOrder();
    const results = [order.oneAtATime('one', task('a')), order.oneAtATime('two', task('b'))];
    await settled();
    expect(begun).toEqual(['a', 'b']);
    finish('b');
    finish('a');
    expect(await Promise.all(results)).toEqual(['a', 'b']);
  });

  test('do not overtake one that waited when they come', async () => {
    const { begun, task, finish } = tasks();
    const order = createCallOrder();
    const first = [order.oneAtATime('lane', task('a')), order.oneAtATime('lane', task('b'))];
    await settled();
    finish('a');
    await settled();
    const last = order.oneAtATime('lane', task('c'));
    await settled();
    expect(begun).toEqual(['a', 'b']);
    finish('b');
    await settled();
    finish('c');
    expect(await Promise.all([...first, last])).toEqual(['a', 'b', 'c']);
  });

  test('that come when the lane is free again begin at once', async () => {
    const { begun, task, finish } = tasks();
    const order = createCallOrder();
    for (const name of ['a', 'b']) {
      const result = order.oneAtATime('lane', task(name));
      await settled();
      finish(name);
      expect(await result).toBe(name);
    }
    expect(begun).toEqual(['a', 'b']);
  });
});

describe('all other tasks', () => {
  test('run at most six at once, first come, first served', async () => {
    expect(CALLS_AT_ONCE).toBe(6);
    const { begun, task, finish, fail } = tasks();
    const order = createCallOrder();
    const names = ['1', '2', '3', '4', '5', '6', '7', '8', '9'];
    const results = names.map((name) => order.someAtOnce(task(name)));
    const outcomes = Promise.allSettled(results);
    await settled();
    expect(begun).toEqual(names.slice(0, 6));
    finish('4');
    await settled();
    expect(begun).toEqual(names.slice(0, 7));
    fail('1');
    await settled();
    expect(begun).toEqual(names.slice(0, 8));
    for (const name of ['2', '3', '5', '6', '7', '8']) finish(name);
    await settled();
    finish('9');
    expect((await outcomes).map(({ status }) => status)).toEqual(['rejected', ...Array(8).fill('fulfilled')]);
  });

  test('have all places again when they are done', async () => {
    const { begun, task, finish } = tasks();
    const order = createCallOrder();
    const first = ['1', '2', '3', '4', '5', '6', '7'].map((name) => order.someAtOnce(task(name)));
    await settled();
    for (const name of ['1', '2', '3', '4', '5', '6']) finish(name);
    await settled();
    finish('7');
    await Promise.all(first);
    const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
    const second = names.map((name) => order.someAtOnce(task(name)));
    await settled();
    expect(begun.slice(7)).toEqual(names.slice(0, 6));
    for (const name of names.slice(0, 6)) finish(name);
    await settled();
    finish('g');
    await Promise.all(second);
  });

  test('do not wait for a lane, nor a lane for them', async () => {
    const { begun, task, finish } = tasks();
    const order = createCallOrder();
    const others = ['1', '2', '3', '4', '5', '6'].map((name) => order.someAtOnce(task(name)));
    const lane = order.oneAtATime('lane', task('post'));
    await settled();
    expect(begun).toContain('post');
    for (const name of begun) finish(name);
    await Promise.all([...others, lane]);
  });
});
