import { describe, expect, test } from 'vitest';
import {
  ALWAYS_OF_CHANNEL,
  addLoad,
  EMPTY_LOAD,
  MAX_OF_ALL,
  MAX_OF_CHANNEL,
  mayWait,
} from '../../../src/core/channels/inbox-bounds.ts';

const updates = (count: number) => ({ updates: count, bytes: 0 });
const bytes = (count: number) => ({ updates: 0, bytes: count });

describe('mayWait()', () => {
  test('lets a channel have so many updates waiting, and not one more', () => {
    const most = MAX_OF_CHANNEL.updates;
    const before = updates(most - 3);
    expect(mayWait(3, before, before)).toBe(true);
    expect(mayWait(4, before, before)).toBe(false);
  });

  test('lets a channel begin another webhook as long as its bytes are below the bound', () => {
    const below = bytes(MAX_OF_CHANNEL.bytes - 1);
    expect(mayWait(1, below, below)).toBe(true);
    const at = bytes(MAX_OF_CHANNEL.bytes);
    expect(mayWait(1, at, at)).toBe(false);
  });

  test('lets all channels together have so much waiting', () => {
    const own = updates(ALWAYS_OF_CHANNEL.updates);
    expect(mayWait(1, own, updates(MAX_OF_ALL.updates - 1))).toBe(true);
    expect(mayWait(1, own, updates(MAX_OF_ALL.updates))).toBe(false);
    expect(mayWait(1, own, bytes(MAX_OF_ALL.bytes - 1))).toBe(true);
    expect(mayWait(1, own, bytes(MAX_OF_ALL.bytes))).toBe(false);
  });

  test('leaves every channel a small share, however full the others are', () => {
    expect(mayWait(ALWAYS_OF_CHANNEL.updates, EMPTY_LOAD, MAX_OF_ALL)).toBe(true);
    expect(mayWait(ALWAYS_OF_CHANNEL.updates + 1, EMPTY_LOAD, MAX_OF_ALL)).toBe(false);
    expect(mayWait(1, bytes(ALWAYS_OF_CHANNEL.bytes - 1), MAX_OF_ALL)).toBe(true);
    expect(mayWait(1, bytes(ALWAYS_OF_CHANNEL.bytes), MAX_OF_ALL)).toBe(false);
  });
});

test('loads add up by their members', () => {
  expect(addLoad({ updates: 1, bytes: 20 }, { updates: 3, bytes: -4 })).toEqual({
    ...{ updates: 4, bytes: 16 },
  });
});
