import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Waiters } from '../../../src/blocks/kit/waiters.ts';

const LONG_MS = 60_000;

describe('Waiters', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('wakes everyone who waits for the topic, and nobody else', async () => {
    const waiters = new Waiters();
    const woken = Promise.all([waiters.wait('a', LONG_MS), waiters.wait('a', LONG_MS)]);
    const other = waiters.wait('b', LONG_MS);
    waiters.wake('a');
    await woken;
    expect([waiters.count('a'), waiters.count('b')]).toEqual([0, 1]);
    waiters.wakeAll();
    await other;
    expect(waiters.count('b')).toBe(0);
  });

  it('lets a waiter go after its time, and forgets it', async () => {
    const waiters = new Waiters();
    const waited = waiters.wait('a', 100);
    await vi.advanceTimersByTimeAsync(99);
    expect(waiters.count('a')).toBe(1);
    await vi.advanceTimersByTimeAsync(1);
    await waited;
    expect(waiters.count('a')).toBe(0);
  });

  it('does not wait at all for no time', async () => {
    const waiters = new Waiters();
    await waiters.wait('a', 0);
    await waiters.wait('a', -1);
    expect(waiters.count('a')).toBe(0);
  });

  it('keeps a waiter that came while others were being woken', async () => {
    const waiters = new Waiters();
    const first = waiters.wait('a', LONG_MS).then(() => waiters.wait('a', LONG_MS));
    waiters.wake('a');
    await vi.advanceTimersByTimeAsync(0);
    expect(waiters.count('a')).toBe(1);
    waiters.wake('a');
    await first;
  });

  it('bears a wake that nobody waits for', () => {
    expect(() => new Waiters().wake('a')).not.toThrow();
  });
});
