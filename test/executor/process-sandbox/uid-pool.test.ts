import { expect, test } from 'vitest';
import { MAX_POOLED_UIDS, UidPool } from '../../../src/executor/process-sandbox/uid-pool.ts';

function openPool(): UidPool {
  const opened = UidPool.open('root:x:0:0::/root:/bin/sh\n');
  if (!opened.ok) throw new Error(opened.error);
  return opened.value;
}

test('each living sandbox has an account of its own, and none is uid 0', () => {
  const pool = openPool();
  const uids = Array.from({ length: MAX_POOLED_UIDS }, () => pool.take());
  expect(new Set(uids).size).toBe(MAX_POOLED_UIDS);
  expect(uids).not.toContain(0);
  expect(pool.take()).toBeUndefined();
});

test('an account that was given back is taken again last', () => {
  const pool = openPool();
  const first = pool.take()!;
  pool.giveBack(first);
  const rest = Array.from({ length: MAX_POOLED_UIDS }, () => pool.take());
  expect(rest.indexOf(first)).toBe(MAX_POOLED_UIDS - 1);
});

test('an account that the host has given to somebody is never used', () => {
  const opened = UidPool.open('root:x:0:0::/:/bin/sh\nsomebody:x:61003:61003::/:/bin/sh\n');
  expect(opened).toEqual({ ok: false, error: 'host uid 61003 must not belong to an account' });
});
