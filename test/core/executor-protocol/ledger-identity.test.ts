import { describe, expect, test } from 'vitest';
import {
  continues,
  type LedgerIdentity,
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
