import { describe, expect, test, vi } from 'vitest';
import type { ToolOutcome } from '../../../src/core/conversation/tool-result.ts';
import type { WasmLaneApi } from '../../../src/tiers/wasm/wasm-lane-api.ts';
import type { LaneNamespace } from '../../../src/tiers/wasm/wasm-tier-bindings.ts';
import { createWasmTierRunner, type LaneCaller } from '../../../src/tiers/wasm/wasm-tier-runner.ts';
import { claimsOf } from '../support/claims.ts';

const DONE: ToolOutcome = { kind: 'ok', output: 'done', cost: { durationMs: 1 } };
const NEVER = new AbortController().signal;
const ARGUMENTS = '{"a":"x","b":1}';

type Answers = Partial<Pick<WasmLaneApi, 'life' | 'run' | 'recall' | 'cancel'>>;

function sceneOf(answers: Answers, over: Partial<LaneCaller> = {}) {
  const lane = {
    life: vi.fn(answers.life ?? (async () => 'present')),
    run: vi.fn(answers.run ?? (async () => DONE)),
    recall: vi.fn(answers.recall ?? (async () => undefined)),
    cancel: vi.fn(answers.cancel ?? (async () => undefined)),
  };
  const asked: string[] = [];
  const lanes: LaneNamespace = {
    getByName: (name) => {
      asked.push(name);
      return lane as unknown as WasmLaneApi;
    },
    idFromName: () => {
      throw new Error('Lanes are reached by name');
    },
  };
  const claims = claimsOf();
  const ticketFor = (audience: string) => `ticket for ${audience}`;
  const ticketForNode = () => {
    throw new Error('not asked');
  };
  const job = { ticketFor, ticketForNode, claims, canonicalArguments: { b: 1, a: 'x' } };
  const caller = {
    life: 'present' as string | undefined,
    hearLife: vi.fn(),
    holdsTurn: vi.fn(async () => true),
    ...over,
  };
  const runner = createWasmTierRunner({ WASM_LANES: lanes }, caller);
  return { lane, asked, claims, job, caller, runner };
}

describe('the wasm tier', () => {
  test('sends ticket and canonical arguments to the lane of the workspace', async () => {
    const { lane, asked, job, caller, runner } = sceneOf({});
    expect(await runner.run(job, NEVER)).toEqual(DONE);
    expect(asked).toEqual(['acme']);
    expect(lane.run).toHaveBeenCalledWith('ticket for present', ARGUMENTS, undefined);
    expect(lane.life).not.toHaveBeenCalled();
    expect(caller.holdsTurn).not.toHaveBeenCalled();
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

describe('a lane in another life', () => {
  const reborn = async (ticket: string) =>
    ticket === 'ticket for present' ? DONE : ({ kind: 'other-life', life: 'present' } as const);

  test('is sent another ticket once the session has said that the turn is still this run’s', async () => {
    const { lane, job, caller, runner } = sceneOf({ run: reborn }, { life: 'past' });
    expect(await runner.run(job, NEVER)).toEqual(DONE);
    expect(lane.run.mock.calls.map(([ticket]) => ticket)).toEqual([
      'ticket for past',
      'ticket for present',
    ]);
    expect(caller.hearLife).toHaveBeenCalledWith('present');
    expect(caller.holdsTurn).toHaveBeenCalledTimes(1);
    expect(await runner.run(job, NEVER)).toEqual(DONE);
    expect(caller.holdsTurn).toHaveBeenCalledTimes(1);
  });

  test('is asked for its name first where none is known', async () => {
    const holdsTurn = vi.fn(async () => true);
    const { lane, job, runner } = sceneOf({ run: reborn }, { life: undefined, holdsTurn });
    expect(await runner.run(job, NEVER)).toEqual(DONE);
    expect(lane.run).toHaveBeenCalledTimes(1);
    expect(lane.life.mock.invocationCallOrder[0]).toBeLessThan(
      holdsTurn.mock.invocationCallOrder[0] ?? 0,
    );
  });

  test('is sent nothing by a run that has lost its turn meanwhile', async () => {
    for (const life of ['past', undefined]) {
      const over = { life, holdsTurn: vi.fn(async () => false) };
      const { lane, job, runner } = sceneOf({ run: reborn }, over);
      expect(await runner.run(job, NEVER)).toMatchObject({ reason: 'ticket_refused' });
      expect(lane.run).toHaveBeenCalledTimes(life === undefined ? 0 : 1);
    }
  });

  test('is sent nothing more once the turn was cancelled', async () => {
    const abort = new AbortController();
    const holdsTurn = vi.fn(async () => {
      abort.abort();
      return true;
    });
    const { lane, job, runner } = sceneOf({ run: reborn }, { life: 'past', holdsTurn });
    expect((await runner.run(job, abort.signal)).kind).toBe('failed');
    expect(lane.run).toHaveBeenCalledTimes(1);
  });

  test('that dies again at once has run nothing, and is left alone', async () => {
    const run = async () => ({ kind: 'other-life', life: 'yet another' }) as const;
    const { lane, job, runner } = sceneOf({ run });
    expect(await runner.run(job, NEVER)).toMatchObject({ reason: 'ticket_refused' });
    expect(lane.run).toHaveBeenCalledTimes(2);
  });
});
