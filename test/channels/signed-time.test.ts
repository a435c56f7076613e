import { expect, test } from 'vitest';
import { isRecent } from '../../src/channels/signed-time.ts';

const NOW = 1_800_000_000_000;

test('isRecent() takes what was signed within five minutes, either way', () => {
  const at = (ms: number) => isRecent('1800000000', NOW + ms);
  expect([0, 300_000, -300_000].map(at)).toEqual([true, true, true]);
  expect([300_001, -300_001].map(at)).toEqual([false, false]);
});

test.each([undefined, '', ' 1800000000', '1800000000 ', '1.8e9', '-1800000000', '1800000000.0'])(
  'isRecent() takes no %j for a time',
  (text) => {
    expect(isRecent(text, NOW)).toBe(false);
  },
);

test.each(['', '-1', '0000000000000'])('isRecent() takes no %j for the first of all', (text) => {
  expect(isRecent(text, 0)).toBe(false);
  expect(isRecent('0', 0)).toBe(true);
});
