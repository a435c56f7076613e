import { describe, expect, test } from 'vitest';
import type { Slice } from '../../src/core/policy/slice.ts';
import { FULL_SLICE } from '../core/checks/fixture.ts';
import { makeWorld } from './support/world.ts';

const echo = (text: string) => ({ name: 'echo', args: { text } });

const SHORT: Slice = {
  ...FULL_SLICE,
  toolCalls: 1,
  shortOf: { reason: 'workspace_rate', retryAfterMs: 1_000 },
};

const TWO_ROUNDS = [{ calls: [echo('a'), echo('b')] }, { calls: [echo('c')] }, { text: 'Done.' }];

/** The calls that were made, and the reasons of those that were denied. */
async function run(slice: Slice, renewals: readonly Slice[] = []) {
  const world = makeWorld(TWO_ROUNDS, { slice });
  world.session.renewals.push(...renewals);
  await world.run();
  return {
    made: world.tier.dispatched.map(({ canonicalArguments }) => canonicalArguments.text),
    denied: world.session.entries.flatMap((entry) =>
      entry.kind === 'call-denied' ? [entry.denial.reason] : [],
    ),
    left: world.session.batches.flatMap(({ left }) => left ?? []),
  };
}

describe('a run whose slice is short', () => {
  test('says what it has left with each commit that starts calls or denies them', async () => {
    const { made, denied, left } = await run(SHORT);
    expect(made).toEqual(['a']);
    expect(denied).toEqual(['workspace_rate', 'workspace_rate']);
    expect(left.map(({ toolCalls }) => toolCalls)).toEqual([0, 0]);
  });

  test('goes on with what it is given, from the next round on', async () => {
    const { made, denied } = await run(SHORT, [{ ...SHORT, toolCalls: 3 }]);
    expect(made).toEqual(['a', 'c']);
    expect(denied).toEqual(['workspace_rate']);
  });

  test('asks no more once it is short of nothing', async () => {
    const { left } = await run(SHORT, [FULL_SLICE]);
    expect(left).toHaveLength(1);
  });
});

describe('a run with a whole turn’s worth', () => {
  test('asks for nothing', async () => {
    expect(await run(FULL_SLICE)).toEqual({ made: ['a', 'b', 'c'], denied: [], left: [] });
  });
});
