import { describe, expect, test, vi } from 'vitest';
import type { ToolOutcome } from '../../../src/core/conversation/tool-result.ts';
import type { WasmLaneApi } from '../../../src/tiers/wasm/wasm-lane-api.ts';
import type { LaneNamespace } from '../../../src/tiers/wasm/wasm-tier-bindings.ts';
import { createWasmTierRunner } from '../../../src/tiers/wasm/wasm-tier-runner.ts';
import { claimsOf } from '../support/claims.ts';

const DONE: ToolOutcome = { kind: 'ok', output: 'done', cost: { durationMs: 1 } };
const NEVER = new AbortController().signal;

function sceneOf(answers: Partial<WasmLaneApi>) {
  const lane = {
    run: vi.fn(answers.run ?? (async () => DONE)),
    recall: vi.fn(answers.recall ?? (async () => undefined)),
    cancel: vi.fn(answers.cancel ?? (async () => undefined)),
  };
  const asked: string[] = [];
  const lanes: LaneNamespace = {
    getByName: (name) => {
      asked.push(name);
      // The rest of what lanes answer is not asked for here.
      return lane as unknown as WasmLaneApi;
    },
    idFromName: () => {
      throw new Error('Lanes are reached by name');
    },
  };
  const claims = claimsOf();
  const job = { ticket: 'ticket', claims, canonicalArguments: { b: 1, a: 'x' } };
  return { lane, asked, claims, job, runner: createWasmTierRunner({ WASM_LANES: lanes }) };
}

describe('the wasm tier', () => {
  test('sends ticket and canonical arguments to the lane of the workspace', async () => {
    const { lane, asked, job, runner } = sceneOf({});
    expect(await runner.run(job, NEVER)).toEqual(DONE);
    expect(asked).toEqual(['acme']);
    expect(lane.run).toHaveBeenCalledWith('ticket', '{"a":"x","b":1}', undefined);
  });

  test('answers a cancelled turn at once, and tells the lane', async () => {
    const { lane, claims, job, runner } = sceneOf({ run: () => new Promise(() => {}) });
    const abort = new AbortController();
    const outcome = runner.run(job, abort.signal);
    abort.abort();
    expect(await outcome).toMatchObject({ kind: 'failed', reason: 'cancelled' });
    expect(lane.cancel).toHaveBeenCalledWith(claims.callKey);
  });

  test('answers a cancelled turn also when the lane cannot be told', async () => {
    const cancel = () => Promise.reject(new Error('lost'));
    const { job, runner } = sceneOf({ run: () => new Promise(() => {}), cancel });
    expect(await runner.run(job, AbortSignal.abort())).toMatchObject({ reason: 'cancelled' });
  });

  test('asks a lane that was lost what became of the call', async () => {
    const run = () => Promise.reject(new Error('reset'));
    const known = sceneOf({ run, recall: async () => DONE });
    expect(await known.runner.run(known.job, NEVER)).toEqual(DONE);
    const unknown = sceneOf({ run });
    expect(await unknown.runner.run(unknown.job, NEVER)).toMatchObject({ reason: 'unknown' });
    expect(unknown.lane.run).toHaveBeenCalledTimes(1);
  });

  test('recalls by the key of the call', async () => {
    const { lane, claims, runner } = sceneOf({ recall: async () => DONE });
    expect(await runner.recall(claims)).toEqual(DONE);
    expect(lane.recall).toHaveBeenCalledWith(claims.callKey);
  });
});
