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
  test('uses a key up once', async () => {
    const call = { callKey: 'turn_a/0/0', epoch: 1, deadlineAt: NOW };
    const uses = await inStore((store) => [store.start(call, NOW), store.start(call, NOW)]);
    expect(uses).toEqual([true, false]);
  });

  test('lets a newer run start a call again whose outcome was lost, and no other', async () => {
    const call = { callKey: 'turn_a/0/0', epoch: 2, deadlineAt: NOW };
    await inStore((store) => {
      expect(store.start(call, NOW)).toBe(true);
      expect(store.start({ ...call, epoch: 1 }, NOW)).toBe(false);
      expect(store.start({ ...call, epoch: 3 }, NOW)).toBe(true);
      expect(store.start({ ...call, epoch: 3 }, NOW)).toBe(false);
      store.keep(call.callKey, outcomeOf(100));
      expect(store.start({ ...call, epoch: 4 }, NOW)).toBe(false);
    });
  });

  test('keeps an outcome up to its limit, and none beyond', async () => {
    await inStore((store) => {
      for (const excess of [0, 1]) {
        const callKey = `turn_a/0/${excess}`;
        store.start({ callKey, epoch: 1, deadlineAt: NOW }, NOW);
        const outcome = outcomeOf(MAX_STORED_OUTCOME_BYTES + excess);
        store.keep(callKey, outcome);
        expect(store.outcome(callKey)).toEqual(excess === 0 ? outcome : undefined);
      }
    });
  });

  test('knows the newest epoch of a turn from its rows alone', async () => {
    await inStore((store, sql) => {
      for (const [index, epoch] of [3, 12, 7].entries()) {
        store.start({ callKey: `turn_a/0/${index}`, epoch, deadlineAt: NOW }, NOW);
      }
      store.start({ callKey: 'turn_a0/0/0', epoch: 99, deadlineAt: NOW }, NOW);
      const fresh = new LaneStore(sql);
      expect(fresh.newestEpoch('turn_a/5/5')).toBe(12);
      expect(fresh.newestEpoch('turn_a0/0/1')).toBe(99);
      expect(fresh.newestEpoch('turn_b/0/0')).toBe(0);
    });
  });

  test('keeps a row for an hour, and for as long as its ticket is good', async () => {
    await inStore((store) => {
      const late = NOW + 2 * RETENTION_MS;
      store.start({ callKey: 'turn_a/0/0', epoch: 1, deadlineAt: NOW + 1 }, NOW);
      store.start({ callKey: 'turn_b/0/0', epoch: 1, deadlineAt: late }, NOW);
      expect(store.forgetExpired(NOW + RETENTION_MS - 1)).toBe(NOW + RETENTION_MS);
      expect(store.newestEpoch('turn_a/0/0')).toBe(1);
      expect(store.forgetExpired(NOW + RETENTION_MS)).toBe(late);
      expect(store.newestEpoch('turn_a/0/0')).toBe(0);
      expect(store.forgetExpired(late)).toBeUndefined();
    });
  });
});
