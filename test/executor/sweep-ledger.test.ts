import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { keepSwept } from '../../src/executor/sweep-ledger.ts';

const HOUR_MS = 3_600_000;

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

test('a ledger is swept at once, and then each hour until that is ended', () => {
  const sweep = vi.fn();
  const stop = keepSwept({ sweep }, () => undefined);
  expect(sweep).toHaveBeenCalledTimes(1);
  vi.advanceTimersByTime(HOUR_MS - 1);
  expect(sweep).toHaveBeenCalledTimes(1);
  vi.advanceTimersByTime(1);
  expect(sweep.mock.calls).toEqual([[Date.now() - HOUR_MS], [Date.now()]]);
  stop();
  vi.advanceTimersByTime(2 * HOUR_MS);
  expect(sweep).toHaveBeenCalledTimes(2);
});

test('one that cannot be swept is swept the next time, and its owner told', () => {
  const told: string[] = [];
  const sweep = vi.fn<() => void>().mockImplementationOnce(() => {
    throw new Error('database or disk is full');
  });
  const stop = keepSwept({ sweep }, (line) => told.push(line));
  vi.advanceTimersByTime(HOUR_MS);
  stop();
  expect(sweep).toHaveBeenCalledTimes(2);
  expect(told).toEqual(['the ledger could not be swept: database or disk is full']);
});

test('it keeps no process alive', () => {
  vi.useRealTimers();
  const before = process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
  const stop = keepSwept({ sweep: () => undefined }, () => undefined);
  const after = process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
  stop();
  expect(after).toBe(before);
});
