import { describe, expect, test } from 'vitest';
import type { Caveat } from '../../../src/core/policy/caveat.ts';
import { exceedsLabel, turnCeilingOf } from '../../../src/core/policy/caveat-bounds.ts';
import { effectOf } from '../../../src/core/policy/flow.ts';
import { PRINCIPAL_LABEL, UNTRUSTED_LABEL } from '../../../src/core/policy/labels.ts';
import { TURN_LIMIT_CEILINGS } from '../../../src/core/policy/turn-limits.ts';

const bounded = (...caveats: readonly Caveat[]) => ({ caveats });

describe('turnCeilingOf()', () => {
  test('is what was asked for where no caveat speaks of a budget', () => {
    const ceiling = { tokens: 5, costMicroUsd: 6 };
    expect(turnCeilingOf({})).toBeUndefined();
    expect(turnCeilingOf(bounded({ kind: 'expiry', at: 1 }), ceiling)).toEqual(ceiling);
  });

  test('is the least of everything that bounds a turn, part by part', () => {
    const caveats = bounded({ kind: 'budget', maxTokens: 9 }, { kind: 'budget', maxTokens: 7 });
    expect(turnCeilingOf(caveats)).toEqual({
      tokens: 7,
      costMicroUsd: TURN_LIMIT_CEILINGS.maxCostMicroUsd,
    });
    expect(turnCeilingOf(caveats, { tokens: 8, costMicroUsd: 3 })).toEqual({
      tokens: 7,
      costMicroUsd: 3,
    });
    expect(turnCeilingOf(caveats, { tokens: 0, costMicroUsd: 3 })).toEqual({
      tokens: 0,
      costMicroUsd: 3,
    });
  });
});

describe('exceedsLabel()', () => {
  const insiders = bounded({ kind: 'label', integrity: 'trusted', confidentiality: 'secret' });
  const open = bounded({ kind: 'label', integrity: 'untrusted', confidentiality: 'workspace' });
  const reading = effectOf(['tool:file:read:{path}']);
  const fetching = effectOf(['tool:network:http:{host}:443']);
  const harmless = effectOf([]);

  test('lets everything pass without such a caveat', () => {
    expect(exceedsLabel({}, UNTRUSTED_LABEL, fetching)).toBe(false);
  });

  test('stops a call that would bring in more, before it is made', () => {
    expect(exceedsLabel(insiders, PRINCIPAL_LABEL, reading)).toBe(false);
    expect(exceedsLabel(insiders, PRINCIPAL_LABEL, fetching)).toBe(true);
    expect(exceedsLabel(open, PRINCIPAL_LABEL, fetching)).toBe(false);
    expect(exceedsLabel(open, PRINCIPAL_LABEL, reading)).toBe(true);
  });

  test('stops every call once the turn has heard more', () => {
    expect(exceedsLabel(insiders, PRINCIPAL_LABEL, harmless)).toBe(false);
    expect(exceedsLabel(insiders, UNTRUSTED_LABEL, harmless)).toBe(true);
  });

  test('asks every caveat', () => {
    const both = bounded(...insiders.caveats, ...open.caveats);
    expect(exceedsLabel(both, PRINCIPAL_LABEL, harmless)).toBe(false);
    expect(exceedsLabel(both, PRINCIPAL_LABEL, reading)).toBe(true);
    expect(exceedsLabel(both, PRINCIPAL_LABEL, fetching)).toBe(true);
  });
});
