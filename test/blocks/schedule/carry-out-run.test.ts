/** Runs of schedules that are lost, late, deleted, or made anew under their names, while something is waited for. */

import { beforeEach, describe, expect, test, vi } from 'vitest';
import { keyedHash } from '../../../src/blocks/kit/keys.ts';
import { carryOut } from '../../../src/blocks/schedule/carry-out-run.ts';
import type { GiveBack } from '../../../src/blocks/schedule/give-back-store.ts';
import type { ScheduleParts } from '../../../src/blocks/schedule/schedule-parts.ts';
import type { StoredRun, StoredSchedule } from '../../../src/blocks/schedule/schedule-store.ts';
import { giveBack } from '../../../src/blocks/schedule/take-messages.ts';
import type { TurnEnding } from '../../../src/blocks/session/turn-endings.ts';
import { PRINCIPAL_LABEL } from '../../../src/core/policy/labels.ts';
import { issueBlockId } from '../../../src/core/primitives/ids.ts';
import { authority, grants, workspaceId } from '../../core/policy/authority-builder.ts';

const KEY = 'k'.repeat(43);
const MESSAGE = { from: 'user:ann', body: 'for Ann', label: PRINCIPAL_LABEL, lease: 'l' };
const RUN: StoredRun = { dueAt: 1, status: 'starting' };

const workspace = workspaceId('w');
const AUTHORITY = authority({ grants: grants('block:*') });

const block = issueBlockId(workspace, '0'.repeat(32), keyedHash(KEY, 'block-ids'));

const scheduleOf = (id: string): StoredSchedule => ({
  ...{ requestId: `req_${id}`, createdAt: 1, isPaused: false, grants: [] },
  creator: { kind: 'user', id, workspace, tokenId: 'tok' } as StoredSchedule['creator'],
  spec: {
    ...{ name: 'beat', when: { at: 1 }, input: 'Go on', session: 'fresh', capabilities: [] },
    ...{ missed: 'once', graceMs: 60_000, takeFrom: { block, max: 1 } },
  },
});

let kept: StoredSchedule | undefined;
let runs: StoredRun[];
let now = 0;
const admitTurn = vi.fn();
const receive = vi.fn();
const endTake = vi.fn();
let owed: GiveBack[];
let ended: TurnEnding[];

const parts = {
  workspace,
  env: {
    SALLYPORT_MASTER_KEY: KEY,
    WORKSPACES: { getByName: () => ({ authority: async () => AUTHORITY }) },
    BLOCKS: { getByName: () => ({ receive, endTake }) },
    SESSIONS: { getByName: () => ({ admitTurn }) },
  },
  now: () => now,
  transact: <T>(change: () => T) => change(),
  record: () => undefined,
  endings: { add: (one: TurnEnding) => ended.push(one), settle: async () => undefined },
  giveBacks: {
    add: (one: GiveBack) => owed.push(one),
    claimDue: () => owed,
    done: (one: GiveBack) => {
      owed = owed.filter(({ take }) => take !== one.take);
    },
  },
  schedules: {
    find: () => kept,
    put: (schedule: StoredSchedule) => {
      kept = schedule;
    },
    putRun: (_: string, run: StoredRun) => runs.push(run),
    dropRun: () => undefined,
  },
} as unknown as ScheduleParts;

beforeEach(() => {
  kept = scheduleOf('ann');
  runs = [];
  owed = [];
  now = 2;
  endTake.mockReset();
  ended = [];
  admitTurn.mockReset().mockResolvedValue({ ok: true, value: { turnId: 'turn_1' } });
});

const takingUntil = (then: () => void) =>
  receive.mockReset().mockImplementation(async () => {
    then();
    return { ok: true, value: [MESSAGE] };
  });

const takes = () => receive.mock.calls.map(([, query]) => query.take);

/** As it was written down when the object was lost. */
async function takenBefore(): Promise<StoredRun> {
  takingUntil(() => undefined);
  await carryOut(parts, 'beat', RUN);
  const [run] = runs.splice(0);
  for (const asked of [receive, admitTurn, endTake]) asked.mockClear();
  return run ?? RUN;
}

test('what was taken is written down with the run, before its turn is asked for', async () => {
  takingUntil(() => undefined);
  await carryOut(parts, 'beat', RUN);
  expect(runs).toMatchObject([
    { status: 'starting', taken: { messages: [{ content: expect.stringContaining('for Ann') }] } },
    { status: 'running' },
  ]);
  expect(endTake.mock.calls).toEqual([[takes()[0], 'processed']]);
});

describe('a run that was lost on its way', () => {
  test('takes under the same name, before anything was written down', async () => {
    takingUntil(() => undefined);
    for (const dueAt of [1, 1, 2]) await carryOut(parts, 'beat', { ...RUN, dueAt });
    const [first, second, other] = takes();
    expect([first, first]).toEqual([expect.stringMatching(/^take-[0-9a-f]{32}$/), second]);
    expect(other).not.toBe(first);
  });

  test('goes on with what it has, and takes nothing more', async () => {
    const run = await takenBefore();
    await carryOut(parts, 'beat', run);
    expect(receive).not.toHaveBeenCalled();
    expect(admitTurn.mock.calls[0]?.[0].messages[0].content).toContain('for Ann');
    expect(endTake.mock.calls).toEqual([[expect.anything(), 'processed']]);
  });

  test.each([
    ['a moment before they may be anybody’s', -1, 'running'],
    ['from then on not', 0, 'refused'],
  ])('begins its turn %s', async (_, late, status) => {
    const run = await takenBefore();
    now = (run.taken?.until ?? 0) + late;
    await carryOut(parts, 'beat', run);
    expect(runs).toMatchObject([{ status }]);
    expect(admitTurn).toHaveBeenCalledTimes(status === 'running' ? 1 : 0);
  });
});

describe('a turn that is refused', () => {
  test('gives back what was taken for it, until the block has heard', async () => {
    takingUntil(() => undefined);
    admitTurn.mockResolvedValue({ ok: false, error: { code: 'denied' } });
    await carryOut(parts, 'beat', RUN);
    expect(runs.at(-1)).toMatchObject({ status: 'refused', code: 'denied' });
    expect(owed).toEqual([{ block, take: takes()[0] }]);
    endTake.mockRejectedValueOnce(new Error('lost'));
    await giveBack(parts);
    expect(owed).toHaveLength(1);
    await giveBack(parts);
    expect(owed).toEqual([]);
    expect(endTake).toHaveBeenLastCalledWith(takes()[0], 'given-back');
  });

  test('for a reason that passes keeps it for the next try', async () => {
    takingUntil(() => undefined);
    admitTurn.mockResolvedValue({ ok: false, error: { code: 'budget_exhausted' } });
    await carryOut(parts, 'beat', RUN);
    expect(runs).toMatchObject([{ status: 'starting' }]);
    expect([owed, endTake.mock.calls]).toEqual([[], []]);
  });
});

test.each([
  ['was deleted', undefined],
  ['was made anew by another', scheduleOf('bob')],
])('nothing is left of a run whose schedule %s while messages were taken', async (_, next) => {
  takingUntil(() => {
    kept = next;
  });
  await carryOut(parts, 'beat', RUN);
  expect([runs, admitTurn.mock.calls]).toEqual([[], []]);
});

test('a run that has begun ends with its schedule, and is none of a schedule that was made anew meanwhile', async () => {
  takingUntil(() => undefined);
  admitTurn.mockImplementation(async () => {
    kept = scheduleOf('bob');
    return { ok: true, value: { turnId: 'turn_1' } };
  });
  await carryOut(parts, 'beat', RUN);
  expect(runs).toMatchObject([{ status: 'starting' }]);
  const { sessionId } = admitTurn.mock.calls[0]?.[0] ?? {};
  const by = { principal: { workspace } };
  expect(ended).toMatchObject([{ sessionId, of: 'service:schedule-beat', by }]);
});
