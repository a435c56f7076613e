import { describe, expect, test, vi } from 'vitest';
import { Gatherer } from '../../../src/blocks/kit/gatherer.ts';

/** Counts transactions, and undoes what a failed one did. */
function makeLedger(delayMs = 5, apartMs = 0) {
  let done: string[] = [];
  let transactions = 0;
  const gatherer = new Gatherer<string, number>({
    transact(change) {
      const before = [...done];
      transactions += 1;
      try {
        change();
      } catch (thrown) {
        done = before;
        throw thrown;
      }
    },
    perform(input) {
      if (input === 'bad') throw new Error('no');
      done.push(input);
      return done.length;
    },
    delayMs,
    apartMs,
  });
  return { gatherer, done: () => done, transactions: () => transactions };
}

describe('Gatherer', () => {
  test('does what comes in within a moment in one transaction, in order', async () => {
    const { gatherer, done, transactions } = makeLedger();
    const answers = await Promise.all(['a', 'b', 'c'].map((input) => gatherer.add(input)));
    expect(answers).toEqual([1, 2, 3]);
    expect(done()).toEqual(['a', 'b', 'c']);
    expect(transactions()).toBe(1);
  });

  test('keeps bundles apart, so that those who come soon after one share the next', async () => {
    vi.useFakeTimers();
    try {
      const { gatherer, done, transactions } = makeLedger(5, 100);
      const answers = [gatherer.add('a')];
      await vi.advanceTimersByTimeAsync(5);
      expect(done()).toEqual(['a']);
      answers.push(gatherer.add('b'));
      await vi.advanceTimersByTimeAsync(99);
      answers.push(gatherer.add('c'));
      expect(done()).toEqual(['a']);
      await vi.advanceTimersByTimeAsync(1);
      expect(await Promise.all(answers)).toEqual([1, 2, 3]);
      expect(transactions()).toBe(2);
      await vi.advanceTimersByTimeAsync(100);
      answers.push(gatherer.add('d'));
      await vi.advanceTimersByTimeAsync(5);
      expect(done()).toEqual(['a', 'b', 'c', 'd']);
    } finally {
      vi.useRealTimers();
    }
  });

  test('answers a failure to whoever asked for it, and does the others', async () => {
    const { gatherer, done } = makeLedger();
    const answers = await Promise.allSettled(['a', 'bad', 'c'].map((input) => gatherer.add(input)));
    expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(done()).toEqual(['a', 'c']);
  });

  test('join() does what waits first, in the same transaction', async () => {
    const { gatherer, done, transactions } = makeLedger(60_000);
    const waiting = gatherer.add('a');
    expect(gatherer.join(() => done().length)).toBe(1);
    expect(await waiting).toBe(1);
    expect(transactions()).toBe(1);
  });

  test('join() that fails leaves what waits to be done later', async () => {
    const { gatherer, done } = makeLedger();
    const waiting = gatherer.add('a');
    const fail = () => {
      throw new RangeError('later');
    };
    expect(() => gatherer.join(fail)).toThrow(RangeError);
    expect(done()).toEqual([]);
    expect(await waiting).toBe(1);
    expect(done()).toEqual(['a']);
  });

  test('join() with nothing waiting only runs the change', () => {
    const { gatherer, transactions } = makeLedger();
    expect(gatherer.join(() => 7)).toBe(7);
    expect(transactions()).toBe(0);
  });

  test('perform() does one at once, after what waits, in one transaction', async () => {
    const { gatherer, done, transactions } = makeLedger(60_000);
    expect(gatherer.perform('a')).toBe(1);
    const waiting = gatherer.add('b');
    expect(gatherer.perform('c')).toBe(3);
    expect(await waiting).toBe(2);
    expect(done()).toEqual(['a', 'b', 'c']);
    expect(transactions()).toBe(2);
  });

  test('perform() that fails says so, and leaves what waits to be done later', async () => {
    const { gatherer, done } = makeLedger();
    const waiting = gatherer.add('a');
    expect(() => gatherer.perform('bad')).toThrow('no');
    expect(await waiting).toBe(1);
    expect(done()).toEqual(['a']);
  });
});
