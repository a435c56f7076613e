import { runInDurableObject } from 'cloudflare:test';
import { describe, expect, it } from 'vitest';
import { createSessionTables } from '../../../src/blocks/session/schema.ts';
import { SettlementStore } from '../../../src/blocks/session/settlement-store.ts';
import { NO_USAGE } from '../../../src/core/conversation/usage.ts';
import { toTurnId } from '../../../src/core/primitives/ids.ts';
import { openFixture } from './support/session-fixture.ts';

const [FIRST, SECOND, OTHER] = ['1', '2', '3'].map((digit) => toTurnId(digit.repeat(32)));

describe('SettlementStore.nextDueAt()', () => {
  it('is when the last turn of a reservation is due: before, nothing of it can be settled', async () => {
    await runInDurableObject(openFixture().connect(), (_, { storage }) => {
      createSessionTables(storage.sql);
      const settlements = new SettlementStore(storage.sql, (write) => write());
      const used = { usage: NO_USAGE, toolCalls: {} };
      settlements.add({ turnId: FIRST!, reservation: FIRST!, ...used, dueAt: 20 });
      settlements.add({ turnId: SECOND!, reservation: FIRST!, ...used, dueAt: 10 });
      settlements.add({ turnId: OTHER!, reservation: OTHER!, ...used, dueAt: 30 });
      expect(settlements.nextDueAt(() => false)).toBe(20);
      expect(settlements.dueOf(FIRST!, 19)).toBeUndefined();
      expect(settlements.dueOf(FIRST!, 20)).toBeDefined();
      expect(settlements.nextDueAt((reservation) => reservation === FIRST)).toBe(30);
      expect(settlements.nextDueAt(() => true)).toBeUndefined();
    });
  });
});
