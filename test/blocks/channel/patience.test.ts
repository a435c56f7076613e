import { expect, test } from 'vitest';
import { PATIENCE_MS, Patience } from '../../../src/blocks/channel/patience.ts';

/** Troubles of a session at these times. */
const meet = (patience: Patience, session: string, times: readonly number[]) =>
  times.map((now) => patience.bears(session, 1, now));

/** Every so often until then. */
const until = (end: number) => Array.from({ length: 10 }, (_, n) => (n * end) / 10);

test('trouble is borne until it has lasted so long, whatever waited before', () => {
  const patience = new Patience();
  expect(meet(patience, 'a', until(PATIENCE_MS)).every(Boolean)).toBe(true);
  expect(patience.bears('a', 1, PATIENCE_MS - 1)).toBe(true);
  expect(patience.bears('a', 1, PATIENCE_MS)).toBe(false);
});

test('the next update of the session inherits what is left, and another session has its own', () => {
  const patience = new Patience();
  meet(patience, 'a', [...until(PATIENCE_MS), PATIENCE_MS]);
  expect(patience.bears('a', 1, PATIENCE_MS + 1)).toBe(false);
  expect(patience.bears('b', 1, PATIENCE_MS + 1)).toBe(true);
});

test('a turn that was had renews it', () => {
  const patience = new Patience();
  meet(patience, 'a', [...until(PATIENCE_MS), PATIENCE_MS]);
  patience.renew('a');
  expect(patience.bears('a', 1, PATIENCE_MS + 1)).toBe(true);
});

test('an update is known to be tried until its trouble is over', () => {
  const patience = new Patience();
  const isTried = (seq: number, now: number) => patience.isTried('a', seq, now);
  expect(isTried(1, 0)).toBe(false);
  patience.bears('a', 1, 0);
  expect([PATIENCE_MS - 1, PATIENCE_MS].map((now) => isTried(1, now))).toEqual([true, false]);
  patience.renew('a');
  expect(isTried(1, 1)).toBe(false);
});

test('the update after one that was given up is not yet tried', () => {
  const patience = new Patience();
  meet(patience, 'a', [...until(PATIENCE_MS), PATIENCE_MS]);
  const isTried = (seq: number) => patience.isTried('a', seq, PATIENCE_MS + 1);
  expect([1, 2].map(isTried)).toEqual([true, false]);
  patience.bears('a', 2, PATIENCE_MS + 1);
  expect([1, 2].map(isTried)).toEqual([false, true]);
});

test('trouble that was long ago is another one, also where many sessions have any', () => {
  const patience = new Patience();
  expect(meet(patience, 'a', [0, PATIENCE_MS])).toEqual([true, true]);
  for (let other = 0; other < 2_000; other++) patience.bears(`other ${other}`, 1, 0);
  expect(meet(patience, 'a', [2 * PATIENCE_MS - 1, 3 * PATIENCE_MS - 2])).toEqual([true, false]);
  expect(patience.bears('other 7', 1, 3 * PATIENCE_MS)).toBe(true);
});
