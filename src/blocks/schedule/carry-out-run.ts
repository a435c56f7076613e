/**
 * Carries a run out: one turn, found again by the schedule and its moment however often it is asked
 * for, and then its answer to whoever wants it.
 *
 * @module
 */

import { authorize } from '../../core/policy/authorize.ts';
import { PRINCIPAL_LABEL, UNTRUSTED_LABEL } from '../../core/policy/labels.ts';
import { issueSessionId, readBlockId, type SessionId } from '../../core/primitives/ids.ts';
import { keyedHash, sha256Hex } from '../kit/keys.ts';
import type { AdmitTurn, TurnSummary } from '../session/session-api.ts';
import { openSession } from '../session/session-client.ts';
import { openBlock } from '../user/block-client.ts';
import { openWorkspace } from '../workspace/workspace-client.ts';
import type { ScheduleRun } from './schedule-api.ts';
import { principalOf, type ScheduleParts } from './schedule-parts.ts';
import type { StoredSchedule } from './schedule-store.ts';

/** What passes by itself is tried again for so long after a run was due, in milliseconds. */
const TRY_FOR_MS = 300_000;

const PASSES = new Set(['rate_limited', 'budget_exhausted', 'audit_unavailable', 'lane_full']);

type RunningRun = ScheduleRun & Required<Pick<ScheduleRun, 'sessionId' | 'turnId'>>;

/** One step of it; the alarm asks for the next until the run is over. */
export async function carryOut(
  parts: ScheduleParts,
  name: string,
  run: ScheduleRun,
): Promise<void> {
  const schedule = parts.schedules.find(name);
  if (schedule === undefined) return;
  const { sessionId, turnId } = run;
  if (sessionId === undefined || turnId === undefined) await start(parts, schedule, run);
  else await follow(parts, schedule, { ...run, sessionId, turnId });
}

async function start(
  parts: ScheduleParts,
  schedule: StoredSchedule,
  run: ScheduleRun,
): Promise<void> {
  const request = toAdmission(parts, schedule, run);
  const { sessionId } = request;
  const session = openSession(parts.env, parts.workspace, sessionId);
  const admitted = await session.admitTurn(request);
  if (admitted.ok) {
    const { turnId } = admitted.value;
    settle(parts, schedule, { ...run, status: 'running', sessionId, turnId });
    return;
  }
  const { code } = admitted.error;
  if (PASSES.has(code) && parts.now() - run.dueAt < TRY_FOR_MS) return;
  settle(parts, schedule, { ...run, status: 'refused', code, endedAt: parts.now() });
}

function toAdmission(
  parts: ScheduleParts,
  schedule: StoredSchedule,
  { dueAt }: ScheduleRun,
): AdmitTurn {
  const { spec, requestId } = schedule;
  const principal = principalOf(parts, schedule);
  const sessionId = sessionOf(parts, schedule, dueAt);
  return {
    ...{ sessionId, principal, requestId },
    driver:
      spec.model === undefined ? { kind: 'default-model' } : { kind: 'model', model: spec.model },
    messages: [{ role: 'user', content: spec.input, label: PRINCIPAL_LABEL }],
    create: { sessionId, principal, requestId, title: `schedule ${spec.name}` },
    idempotency: { key: `${spec.name}/${dueAt}`, bodyHash: sha256Hex(spec.input) },
    ...(spec.budget && { ceiling: spec.budget }),
  };
}

/** One that is made anew under an old name has sessions of its own. */
function sessionOf(
  { env, workspace }: ScheduleParts,
  { spec, createdAt }: StoredSchedule,
  dueAt: number,
): SessionId {
  const hash = keyedHash(env.SALLYPORT_MASTER_KEY, 'session-ids');
  const run = spec.session === 'fresh' ? `/${dueAt}` : '';
  const chance = hash(`schedule:${workspace}:${spec.name}:${createdAt}${run}`).slice(0, 32);
  return issueSessionId(workspace, chance, hash);
}

async function follow(
  parts: ScheduleParts,
  schedule: StoredSchedule,
  run: RunningRun,
): Promise<void> {
  const session = openSession(parts.env, parts.workspace, run.sessionId);
  const turn = await session.summary(run.turnId);
  const endedAt = parts.now();
  if (turn === undefined) {
    settle(parts, schedule, { ...run, status: 'failed', code: 'not_found', endedAt });
    return;
  }
  const { status, code } = turn;
  if (status !== 'finished' && status !== 'failed' && status !== 'cancelled') return;
  if (status === 'finished') await deliver(parts, schedule, { run, turn });
  settle(parts, schedule, { ...run, status, endedAt, ...(code !== undefined && { code }) });
}

function settle(parts: ScheduleParts, { spec }: StoredSchedule, run: ScheduleRun): void {
  const { status, sessionId, turnId, code } = run;
  parts.transact(() => {
    if (parts.schedules.find(spec.name) === undefined) return;
    parts.schedules.putRun(spec.name, run);
    parts.record({
      action: 'schedule-run',
      decision: status === 'refused' ? 'denied' : 'allowed',
      actor: `service:schedule-${spec.name}`,
      schedule: spec.name,
      reason: code ?? status,
      ...(sessionId !== undefined && { sessionId }),
      ...(turnId !== undefined && { turnId }),
    });
  });
}

/** The message is named after the run, so that it comes once. What may not be sent is left. */
async function deliver(
  parts: ScheduleParts,
  schedule: StoredSchedule,
  { run, turn }: { readonly run: ScheduleRun; readonly turn: TurnSummary },
): Promise<void> {
  const { env, workspace } = parts;
  const { deliverTo, name } = schedule.spec;
  const hash = keyedHash(env.SALLYPORT_MASTER_KEY, 'block-ids');
  const block = deliverTo && readBlockId(workspace, deliverTo.block, hash);
  if (block === undefined || !(await maySend(parts, schedule))) return;
  const label = turn.toolCalls.length === 0 ? PRINCIPAL_LABEL : UNTRUSTED_LABEL;
  const { requestId } = schedule;
  const message = {
    from: { principal: principalOf(parts, schedule), requestId, ownsAll: false },
    body: JSON.stringify({ schedule: name, dueAt: run.dueAt, output: turn.output }),
    label,
    messageId: `schedule/${name}/${run.dueAt}`,
  };
  await openBlock(env, workspace, block).again((api) => api.send(message));
}

async function maySend(parts: ScheduleParts, schedule: StoredSchedule): Promise<boolean> {
  const workspace = openWorkspace(parts.env, parts.workspace);
  const authority = await workspace.authority(principalOf(parts, schedule));
  const question = { capability: 'block:send', now: parts.now() };
  return authority !== undefined && authorize(authority, question).allowed;
}
