import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { Timeout } from '../../../src/blocks/kit/in-parallel.ts';
import { AuthorityLeases } from '../../../src/blocks/workspace/authority-leases.ts';
import type { BlockId } from '../../../src/core/primitives/ids.ts';
import { VirtualClock } from '../../agent/support/virtual-clock.ts';
import { inScratchObject } from '../kit/scratch-object.ts';

const block = (name: string) => name as BlockId;

type TellBlock = (block: BlockId, revision: number) => Promise<void>;

const tellNobody: TellBlock = async () => {};

const open = (sql: SqlStorage, tellBlock: TellBlock = tellNobody): AuthorityLeases =>
  new AuthorityLeases({ sql, now: () => clock.now, timeout, tellBlock });

function timeout(ms: number): Timeout {
  const end = new AbortController();
  return { promise: clock.sleep(ms, end.signal), clear: () => end.abort() };
}

const inLeases = (use: (sql: SqlStorage) => Promise<void>): Promise<void> =>
  inScratchObject(({ sql }) => use(sql));

/** For how long, in virtual milliseconds, something takes. */
async function msUntil(done: Promise<unknown>): Promise<number> {
  const startedAt = clock.now;
  await done;
  return clock.now - startedAt;
}

let clock: VirtualClock;

beforeEach(() => {
  clock = new VirtualClock(1_800_000_000_000);
});

describe('AuthorityLeases.recall()', () => {
  it('has told every holder before it is done', () =>
    inLeases(async (sql) => {
      const told: unknown[] = [];
      const leases = open(sql, async (id, revision) => void told.push([id, revision]));
      expect(leases.lend(block('a'))).toBeGreaterThan(0);
      leases.lend(block('b'));
      await leases.recall(7);
      expect(told).toEqual([
        ['a', 7],
        ['b', 7],
      ]);
    }));

  it('tells nobody twice, and nobody whose time is over', () =>
    inLeases(async (sql) => {
      const tell = vi.fn(tellNobody);
      const leases = open(sql, tell);
      leases.lend(block('a'));
      await leases.recall(2);
      await leases.recall(3);
      expect(tell).toHaveBeenCalledTimes(1);
      leases.lend(block('b'));
      clock.now += 60_000;
      expect(await msUntil(leases.recall(4))).toBe(0);
      expect(tell).toHaveBeenCalledTimes(1);
    }));

  it('outwaits a holder who cannot be reached, and one who does not answer', () =>
    inLeases(async (sql) => {
      const leases = open(sql, (id) =>
        id === 'broken' ? Promise.reject(new Error('unreachable')) : new Promise(() => {}),
      );
      const leaseMs = leases.lend(block('broken'));
      leases.lend(block('silent'));
      const ms = await msUntil(leases.recall(2));
      expect(ms).toBeGreaterThanOrEqual(leaseMs);
      expect(ms).toBeLessThan(leaseMs * 2);
    }));

  it('waits for those whom an earlier change has not found yet', () =>
    inLeases(async (sql) => {
      const leases = open(sql, () => new Promise(() => {}));
      const leaseMs = leases.lend(block('silent'));
      void leases.recall(2);
      expect(await msUntil(leases.recall(3))).toBeGreaterThanOrEqual(leaseMs);
    }));
});

describe('an object that has just come to life', () => {
  it('waits for no lease where there never was one', () =>
    inLeases(async (sql) => {
      expect(await msUntil(open(sql).recall(2))).toBe(0);
    }));

  it('waits until every lease that it does not know of is over', () =>
    inLeases(async (sql) => {
      const leaseMs = open(sql).lend(block('a'));
      const reborn = open(sql);
      expect(await msUntil(reborn.recall(2))).toBeGreaterThanOrEqual(leaseMs);
      expect(await msUntil(reborn.recall(3))).toBe(0);
    }));

  it('does so though it has lent again meanwhile', () =>
    inLeases(async (sql) => {
      const leaseMs = open(sql).lend(block('a'));
      clock.now += 1_000;
      const reborn = open(sql);
      reborn.lend(block('b'));
      expect(await msUntil(reborn.recall(2))).toBeGreaterThanOrEqual(leaseMs);
    }));

  it('does not wait long after the last lease', () =>
    inLeases(async (sql) => {
      open(sql).lend(block('a'));
      clock.now += 60_000;
      expect(await msUntil(open(sql).recall(2))).toBe(0);
    }));
});

describe('AuthorityLeases.lend()', () => {
  it('writes a row now and then, and none for each lease', () =>
    inLeases(async (sql) => {
      const leases = open(sql);
      const stored = () =>
        sql.exec<{ at: number }>('SELECT all_over_at AS at FROM authority_leases').one().at;
      leases.lend(block('a'));
      const before = stored();
      for (let lent = 0; lent < 50; lent++) leases.lend(block(`b${lent}`));
      clock.now += 10_000;
      leases.lend(block('a'));
      expect(stored()).toBe(before);
      clock.now += 10_000;
      const leaseMs = leases.lend(block('a'));
      expect(stored()).toBeGreaterThanOrEqual(clock.now + leaseMs);
    }));

  it('lends to so many at once and no more, until time has passed', () =>
    inLeases(async (sql) => {
      const leases = open(sql);
      const lent = Array.from({ length: 1_001 }, (_, index) => leases.lend(block(`b${index}`)));
      expect(lent.filter((ms) => ms > 0)).toHaveLength(1_000);
      expect(lent.at(-1)).toBe(0);
      expect(leases.lend(block('b0'))).toBeGreaterThan(0);
      clock.now += 60_000;
      expect(leases.lend(block('b1000'))).toBeGreaterThan(0);
    }));
});
