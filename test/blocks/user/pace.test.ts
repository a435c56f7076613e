import { expect, it } from 'vitest';
import { Pace } from '../../../src/blocks/user/pace.ts';

it('a second takes as many as the rate says, and the next one is told exactly when', () => {
  const pace = new Pace();
  const takeAt = (now: number) => pace.take(4, now);
  expect([0, 0, 0, 0].map(takeAt)).toEqual([0, 0, 0, 0]);
  expect(takeAt(0)).toBe(250);
  expect(takeAt(249)).toBe(1);
  expect(takeAt(250)).toBe(0);
  expect(takeAt(250)).toBe(250);
});

it('after a second without messages all of the rate is there again, and no more', () => {
  const pace = new Pace();
  for (let n = 0; n < 4; n++) pace.take(4, 0);
  const answers = Array.from({ length: 5 }, () => pace.take(4, 60_000));
  expect(answers).toEqual([0, 0, 0, 0, 250]);
});
