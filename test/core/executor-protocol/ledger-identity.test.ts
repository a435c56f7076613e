import { describe, expect, test } from 'vitest';
import {
  continues,
  type LedgerIdentity,
  ledgerIdentitySchema,
  MAX_EARLIER_LIVES,
} from '../../../src/core/executor-protocol/ledger-identity.ts';

/** Its lives, the present one first. */
const ledger = (lives: string): LedgerIdentity => {
  const [life = '', ...earlier] = [...lives].map((name) => name.repeat(32));
  return { life, earlier };
};
const BEFORE = ledger('321');

describe('continues()', () => {
  test.each<[string, LedgerIdentity | undefined, boolean]>([
    ['the same life goes on', BEFORE, true],
    ['a later life does', ledger('4321'), true],
    ['so does one whose predecessor was never seen', ledger('654321'), true],
    ['one that went another way does not', ledger('421'), false],
    ['nor does it after several lives more', ledger('654421'), false],
    ['an earlier life does not', ledger('21'), false],
    ['another ledger does not', ledger('a'), false],
    ['nor does one without a name', undefined, false],
  ])('%s', (_, now, isSo) => {
    expect(continues(now, BEFORE)).toBe(isSo);
  });

  test('where nothing was seen before, there is nothing to lose', () => {
    expect([continues(BEFORE, undefined), continues(undefined, undefined)]).toEqual([true, true]);
  });
});

describe('ledgerIdentitySchema', () => {
  const isRead = (identity: object) => ledgerIdentitySchema.safeParse(identity).success;

  test('reads names of 128 bits in lower-case hex, and a bounded number of them', () => {
    const life = '0a'.repeat(16);
    expect(isRead({ life, earlier: Array(MAX_EARLIER_LIVES).fill(life) })).toBe(true);
    expect(isRead({ life, earlier: Array(MAX_EARLIER_LIVES + 1).fill(life) })).toBe(false);
    for (const other of [`${life}0`, life.slice(1), life.toUpperCase(), `x ${life}`]) {
      expect(isRead({ life: other, earlier: [] })).toBe(false);
      expect(isRead({ life, earlier: [other] })).toBe(false);
    }
    expect(isRead({ life, earlier: [], later: [] })).toBe(false);
  });
});
