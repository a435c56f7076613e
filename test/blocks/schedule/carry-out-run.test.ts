/** Runs of schedules that are deleted, or made anew under their names, while something is waited for. */

import { beforeEach, expect, test, vi } from 'vitest';
import { keyedHash } from '../../../src/blocks/kit/keys.ts';
import { carryOut } from '../../../src/blocks/schedule/carry-out-run.ts';
import type { ScheduleParts } from '../../../src/blocks/schedule/schedule-parts.ts';
import type { StoredRun, StoredSchedule } from '../../../src/blocks/schedule/schedule-store.ts';
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
const admitTurn = vi.fn();
const receive = vi.fn();

const parts = {
  workspace,
  env: {
    SALLYPORT_MASTER_KEY: KEY,
    WORKSPACES: { getByName: () => ({ authority: async () => AUTHORITY }) },
    BLOCKS: { getByName: () => ({ receive, acknowledge: async () => ({ ok: true }) }) },
    SESSIONS: { getByName: () => ({ admitTurn }) },
  },
  now: () => 2,
  transact: <T>(change: () => T) => change(),
  record: () => undefined,
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
  admitTurn.mockReset().mockResolvedValue({ ok: true, value: { turnId: 'turn_1' } });
});

const takingUntil = (then: () => void) =>
  receive.mockReset().mockImplementation(async () => {
    then();
    return { ok: true, value: [MESSAGE] };
  });

test('what was taken is written down with the run, before its turn is asked for', async () => {
  takingUntil(() => undefined);
  await carryOut(parts, 'beat', RUN);
  expect(runs).toMatchObject([
    { status: 'starting', taken: { leases: ['l'] } },
    { status: 'running' },
  ]);
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

test('a run that has begun goes on, and is none of a schedule that was made anew meanwhile', async () => {
  takingUntil(() => undefined);
  admitTurn.mockImplementation(async () => {
    kept = scheduleOf('bob');
    return { ok: true, value: { turnId: 'turn_1' } };
  });
  await carryOut(parts, 'beat', RUN);
  expect(runs).toMatchObject([{ status: 'starting' }]);
});
