import { describe, expect, test } from 'vitest';
import type { ToolOutcome } from '../../../src/core/conversation/tool-result.ts';
import {
  LaneStore,
  MAX_STORED_OUTCOME_BYTES,
  RETENTION_MS,
} from '../../../src/tiers/wasm/lane-store.ts';
import { laneScene } from '../support/lane.ts';

const NOW = 1_800_000_000_000;

const inStore = <T>(work: (store: LaneStore, sql: SqlStorage) => T): Promise<T> =>
  laneScene().inLane(async (_, { storage }) => work(new LaneStore(storage.sql), storage.sql));

/** An outcome whose JSON has exactly that many bytes. */
function outcomeOf(bytes: number): ToolOutcome {
  const empty: ToolOutcome = { kind: 'ok', output: '', cost: { durationMs: 1 } };
  const room = bytes - JSON.stringify(empty).length;
  return { ...empty, output: `${'x'.repeat(room % 2)}${'é'.repeat(Math.floor(room / 2))}` };
}

describe('LaneStore', () => {
  test('keeps an outcome up to its limit, and none beyond', async () => {
    await inStore((store) => {
      for (const excess of [0, 1]) {
        const callKey = `turn_a/0/${excess}`;
        const outcome = outcomeOf(MAX_STORED_OUTCOME_BYTES + excess);
        store.keep(callKey, outcome, NOW);
        expect(store.outcome(callKey)).toEqual(excess === 0 ? outcome : undefined);
      }
    });
  });

  test('has an outcome in memory at once, and on disk once it is written', async () => {
    await inStore((store, sql) => {
      const outcome = outcomeOf(100);
      store.keep('turn_a/0/0', outcome, NOW);
      expect(store.outcome('turn_a/0/0')).toEqual(outcome);
      expect(new LaneStore(sql).outcome('turn_a/0/0')).toBeUndefined();
      store.writeKept();
      expect(store.outcome('turn_a/0/0')).toEqual(outcome);
      expect(new LaneStore(sql).outcome('turn_a/0/0')).toEqual(outcome);
    });
  });

  test('keeps the outcome of the latest run of a call', async () => {
    await inStore((store) => {
      for (const bytes of [100, 200]) {
        store.keep('turn_a/0/0', outcomeOf(bytes), NOW);
        store.writeKept();
      }
      expect(store.outcome('turn_a/0/0')).toEqual(outcomeOf(200));
    });
  });

  test('forgets after an hour, and not before', async () => {
    await inStore((store) => {
      store.keep('turn_a/0/0', outcomeOf(100), NOW);
      store.keep('turn_b/0/0', outcomeOf(100), NOW + 5);
      store.writeKept();
      expect(store.forgetExpired(NOW + RETENTION_MS - 1)).toBe(NOW + RETENTION_MS);
      expect(store.outcome('turn_a/0/0')).toBeDefined();
      expect(store.forgetExpired(NOW + RETENTION_MS)).toBe(NOW + 5 + RETENTION_MS);
      expect(store.outcome('turn_a/0/0')).toBeUndefined();
      expect(store.forgetExpired(NOW + 5 + RETENTION_MS)).toBeUndefined();
    });
  });

  test('keeps the newest that there is room for, and none of what is too old to be counted', async () => {
    await inStore((_, sql) => {
      const store = new LaneStore(sql, undefined, 1_000);
      const kept = (from: LaneStore) =>
        ['a', 'b', 'c', 'd']
          .filter((key) => from.outcome(`turn_${key}/0/0`) !== undefined)
          .join('');
      const keep = (key: string, bytes: number, at: number) => {
        store.keep(`turn_${key}/0/0`, outcomeOf(bytes), NOW + at);
        store.writeKept();
      };
      keep('a', 500, 0);
      keep('b', 500, 1);
      expect(kept(store)).toBe('ab');
      keep('c', 100, 2);
      expect(kept(store)).toBe('bc');
      store.forgetExpired(NOW + 1 + RETENTION_MS);
      keep('d', 900, 3);
      expect(kept(store)).toBe('cd');
      // A later life counts what this one has left.
      const later = new LaneStore(sql, undefined, 1_000);
      later.keep('turn_a/0/0', outcomeOf(100), NOW + 4);
      later.writeKept();
      expect(kept(later)).toBe('ad');
    });
  });

  test('counts what was kept before there was a total, and a call that has ended twice once', async () => {
    await inStore((first, sql) => {
      first.keep('turn_a/0/0', outcomeOf(500), NOW);
      first.writeKept();
      for (const name of ['comes', 'changes', 'goes']) sql.exec(`DROP TRIGGER outcome_${name}`);
      sql.exec('DROP TABLE outcomes_total');
      const store = new LaneStore(sql, undefined, 1_000);
      const keep = (key: string, bytes: number, at: number) => {
        store.keep(key, outcomeOf(bytes), NOW + at);
        store.writeKept();
      };
      for (const bytes of [400, 300, 200]) keep('turn_b/0/0', bytes, 1);
      expect(store.outcome('turn_a/0/0')).toBeDefined();
      keep('turn_c/0/0', 400, 2);
      expect(store.outcome('turn_a/0/0')).toBeUndefined();
      expect(store.outcome('turn_b/0/0')).toBeDefined();
      const { sum } = sql.exec('SELECT sum(octet_length(outcome)) AS sum FROM outcomes').one();
      expect(sql.exec('SELECT bytes FROM outcomes_total').toArray()).toEqual([{ bytes: sum }]);
    });
  });

  test('forgets a part of many at a time, and says that it is to go on', async () => {
    await inStore((store, sql) => {
      sql.exec(
        `INSERT INTO outcomes
         WITH RECURSIVE more (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM more WHERE n < 10001)
         SELECT 'turn_' || n || '/0/0', n, '' FROM more`,
      );
      expect(store.forgetExpired(NOW)).toBe(10_001);
      expect(store.forgetExpired(NOW)).toBeUndefined();
    });
  });
});
