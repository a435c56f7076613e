import { expect, test } from 'vitest';
import { decideOverflow } from '../../../src/core/blocks/overflow.ts';

const limits = { messages: 2, bytes: 100, overflow: 'reject-sender' } as const;
const incoming = { bytes: 10, canMakeRoom: true };

test('the last that fits is accepted, the next is not', () => {
  expect(decideOverflow(limits, { depth: 1, bytes: 90 }, incoming)).toBe('accept');
  expect(decideOverflow(limits, { depth: 2, bytes: 20 }, incoming)).toBe('reject');
  expect(decideOverflow(limits, { depth: 1, bytes: 91 }, incoming)).toBe('reject');
});

test.each([
  ['reject-sender', true, 'reject'],
  ['drop-new', true, 'drop'],
  ['drop-old', true, 'make-room'],
  ['drop-old', false, 'reject'],
  ['crash', true, 'crash'],
] as const)('%s, with room to be made: %s, gives %s', (overflow, canMakeRoom, decision) => {
  const full = { depth: 2, bytes: 20 };
  expect(decideOverflow({ ...limits, overflow }, full, { bytes: 10, canMakeRoom })).toBe(decision);
});

test.each(['reject-sender', 'drop-new', 'drop-old', 'crash'] as const)(
  'with %s, a body above the whole limit is told to the sender',
  (overflow) => {
    const empty = { depth: 0, bytes: 0 };
    const limit = { ...limits, overflow };
    expect(decideOverflow(limit, empty, { bytes: 100, canMakeRoom: false })).toBe('accept');
    expect(decideOverflow(limit, empty, { bytes: 101, canMakeRoom: true })).toBe('reject');
  },
);
