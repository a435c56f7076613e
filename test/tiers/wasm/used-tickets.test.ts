import { describe, expect, test } from 'vitest';
import { MAX_TICKET_MS, UsedTickets } from '../../../src/tiers/wasm/used-tickets.ts';

const NOW = 1_800_000_000_000;

describe('UsedTickets', () => {
  test('has a name of its own in each life', () => {
    expect(new UsedTickets().life).not.toBe(new UsedTickets().life);
  });

  test('remembers each call, and the newest epoch of its turn', () => {
    const used = new UsedTickets();
    used.use({ callKey: 'turn_a/0/0', epoch: 3 }, NOW);
    used.use({ callKey: 'turn_a/0/1', epoch: 12 }, NOW);
    used.use({ callKey: 'turn_a0/0/0', epoch: 99 }, NOW);
    expect(used.newestEpoch('turn_a/5/5')).toBe(12);
    expect(used.newestEpoch('turn_a0/0/1')).toBe(99);
    expect(used.newestEpoch('turn_b/0/0')).toBe(0);
    expect(used.usedUnder('turn_a/0/0')).toBe(3);
    expect(used.usedUnder('turn_a/0/2')).toBeUndefined();
  });

  test('remembers for as long as any ticket is good, whatever else comes', () => {
    const used = new UsedTickets();
    const callKey = 'turn_a/0/0';
    for (const startedAt of [0, 1, MAX_TICKET_MS - 1]) {
      used.use({ callKey: `turn_x/${startedAt}/0`, epoch: 1 }, NOW + startedAt);
    }
    used.use({ callKey, epoch: 1 }, NOW + MAX_TICKET_MS - 1);
    for (let later = 0; later < MAX_TICKET_MS; later += 1_000) {
      used.use({ callKey: `turn_y/${later}/0`, epoch: 1 }, NOW + MAX_TICKET_MS - 1 + later);
      expect(used.usedUnder(callKey)).toBe(1);
    }
  });

  test('forgets in the end, also when nothing came for long', () => {
    const used = new UsedTickets();
    used.use({ callKey: 'turn_a/0/0', epoch: 1 }, NOW);
    used.use({ callKey: 'turn_b/0/0', epoch: 1 }, NOW + 10 * MAX_TICKET_MS);
    expect(used.usedUnder('turn_a/0/0')).toBeUndefined();
    expect(used.usedUnder('turn_b/0/0')).toBe(1);
  });
});
