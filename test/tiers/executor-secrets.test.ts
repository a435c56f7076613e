import { describe, expect, test } from 'vitest';
import type { NodeApi } from '../../src/blocks/node/node-api.ts';
import { createExecutorTierRunner } from '../../src/tiers/executor/executor-tier-runner.ts';
import type { TierJob } from '../../src/tiers/tier-runner.ts';

describe('createExecutorTierRunner()', () => {
  test('sends no node a call whose settings name a secret', async () => {
    const asked: unknown[] = [];
    const nodes = {
      run: async (call: unknown) => {
        asked.push(call);
        return {
          kind: 'outcome',
          outcome: { kind: 'failed', reason: 'exit', cost: { durationMs: 0 } },
        };
      },
    } as unknown as NodeApi;
    const job = {
      claims: { workspace: 'acme', plugin: 'p', codeHash: 'c', callKey: 'turn_1/0/0' },
      canonicalArguments: {},
    } as unknown as TierJob;
    const runner = createExecutorTierRunner(nodes);
    const signal = new AbortController().signal;
    const refused = await runner.run({ ...job, config: { key: { secret: 'api-key' } } }, signal);
    expect(refused).toMatchObject({ kind: 'failed', reason: 'tier_unavailable' });
    expect(asked).toEqual([]);
    await runner.run({ ...job, config: { key: 'plain' } }, signal);
    expect(asked).toHaveLength(1);
  });
});
