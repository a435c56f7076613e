/**
 * Carries a run out: one turn, found again by the schedule and its moment however often it is asked
 * for, and then its answer to whoever wants it.
 *
 * @module
 */

import type { NamedActor } from '../../core/audit/named-actor.ts';
import type { ErrorCode } from '../../core/errors/codes.ts';
import { PRINCIPAL_LABEL } from '../../core/policy/labels.ts';
import { toPrincipalName } from '../../core/policy/principal.ts';
import { toScheduleName } from '../../core/policy/reserved-name.ts';
import { issueSessionId, type SessionId } from '../../core/primitives/ids.ts';
import { keyedHash, sha256Hex } from '../kit/keys.ts';
import type { AdmitTurn } from '../session/session-api.ts';
import { openSession } from '../session/session-client.ts';
import { deliverAnswer } from './deliver-answer.ts';
import type { ScheduleRun } from './schedule-api.ts';
import { isStill, principalOf, type ScheduleParts } from './schedule-parts.ts';
import type { StoredRun, StoredSchedule, TakenMessages } from './schedule-store.ts';
import { acknowledge, orderGiveBack, takeMessages } from './take-messages.ts';

/** What passes by itself is tried again for so long after a run was due, in milliseconds. */
const TRY_FOR_MS = 300_000;

const PASSES: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'rate_limited',
  'budget_exhausted',
  'audit_unavailable',
  'lane_full',
]);

type RunningRun = ScheduleRun & Required<Pick<ScheduleRun, 'sessionId' | 'turnId'>>;

/** One step of it; the alarm asks for the next until the run is over. */
export async function carryOut(parts: ScheduleParts, name: string, run: StoredRun): Promise<void> {
  const schedule = parts.schedules.find(name);
  if (schedule === undefined) return;
  const { sessionId, turnId } = run;
  if (sessionId === undefined || turnId === undefined) await prepare(parts, schedule, run);
  else await follow(parts, schedule, { ...run, sessionId, turnId });
}

/** A heartbeat takes what waits, and is over where nothing does. */
async function prepare(
  parts: ScheduleParts,
  schedule: StoredSchedule,
  run: StoredRun,
): Promise<void> {
  const { name, takeFrom } = schedule.spec;
  if (takeFrom === undefined || run.taken !== undefined) return start(parts, schedule, run);
  const taken = await takeMessages(parts, schedule, run);
  if (taken === 'none') return passOver(parts, schedule, run);
  if (typeof taken === 'string') return refuse(parts, schedule, { run, code: taken });
  const prepared = { ...run, taken };
  const isKept = parts.transact(() => {
    if (!isStill(parts, schedule)) return false;
    parts.schedules.putRun(name, prepared);
    if (taken.unfit.length > 0) recordUnfit(parts, name, taken.unfit.length);
    return true;
  });
  if (isKept) return start(parts, schedule, prepared);
}

/** Part of a transaction. */
function recordUnfit({ record }: ScheduleParts, name: string, count: number): void {
  const facts = { action: 'schedule-run', decision: 'denied', reason: 'message_unfit' } as const;
  record({ ...facts, actor: actorName(name), schedule: name, count });
}

/** Nothing to do: there was no run. */
function passOver(parts: ScheduleParts, schedule: StoredSchedule, { dueAt }: StoredRun): void {
  const { schedules, transact } = parts;
  const { name } = schedule.spec;
  transact(() => {
    const present = schedules.find(name);
    if (present === undefined || !isStill(parts, schedule)) return;
    schedules.dropRun(name, dueAt);
    schedules.put({ ...present, idleAt: dueAt });
  });
}

async function start(
  parts: ScheduleParts,
  schedule: StoredSchedule,
  run: StoredRun,
): Promise<void> {
  const { taken, ...others } = run;
  if (taken !== undefined && parts.now() >= taken.until) {
    return refuse(parts, schedule, { run: others, code: 'deadline_exceeded' });
  }
  const request = toAdmission(parts, schedule, run);
  const { sessionId } = request;
  const session = openSession(parts.env, parts.workspace, sessionId);
  const admitted = await session.admitTurn(request);
  if (admitted.ok) {
    const { turnId } = admitted.value;
    if (taken !== undefined) await acknowledge(parts, schedule, run);
    const begun = { ...others, ...refusedOf(taken), sessionId, turnId };
    settle(parts, schedule, { ...begun, status: 'running' });
    // Removed while its turn was admitted.
    if (isStill(parts, schedule)) return;
    parts.transact(() => orderEnd(parts, schedule, { run, by: request }));
    await parts.endings.settle(parts.env);
    return;
  }
  const { code, denial } = admitted.error;
  // What no turn may see would stop every heartbeat to come: it stays with the run, for its owner.
  const isUnfit = denial?.check === 'input' && taken?.isAllUnfit === true;
  if (isUnfit) await acknowledge(parts, schedule, run);
  // All else is given back.
  refuse(parts, schedule, { run: { ...others, ...(isUnfit && refusedOf(taken)) }, code });
}

function refusedOf(taken: TakenMessages | undefined): Pick<ScheduleRun, 'refused'> {
  return taken === undefined || taken.unfit.length === 0 ? {} : { refused: taken.unfit };
}

/** For good, unless it passes. */
function refuse(
  parts: ScheduleParts,
  schedule: StoredSchedule,
  { run, code }: { readonly run: StoredRun; readonly code: ErrorCode },
): void {
  const endedAt = parts.now();
  if (PASSES.has(code) && endedAt - run.dueAt < TRY_FOR_MS) return;
  settle(parts, schedule, { ...run, status: 'refused', code, endedAt });
}

function toAdmission(
  parts: ScheduleParts,
  schedule: StoredSchedule,
  { dueAt, taken }: StoredRun,
): AdmitTurn {
  const { spec, requestId } = schedule;
  const principal = principalOf(parts, schedule);
  const sessionId = sessionOf(parts, schedule, dueAt);
  return {
    ...{ sessionId, principal, requestId },
    driver:
      spec.model === undefined ? { kind: 'default-model' } : { kind: 'model', model: spec.model },
    messages: [
      ...(taken?.messages ?? []),
      { role: 'user', content: spec.input, label: PRINCIPAL_LABEL },
    ],
    create: { sessionId, principal, requestId, title: `schedule ${spec.name}` },
    idempotency: { key: `${spec.name}/${dueAt}`, bodyHash: sha256Hex(spec.input) },
    ...(spec.budget && { ceiling: spec.budget }),
  };
}

/** Part of a transaction: nobody has it run any more, begun or about to begin. */
export function orderEnd(
  parts: ScheduleParts,
  schedule: StoredSchedule,
  { run, by }: { readonly run: StoredRun; readonly by: Pick<NamedActor, 'requestId'> },
): void {
  const principal = principalOf(parts, schedule);
  const { sessionId = sessionOf(parts, schedule, run.dueAt) } = run;
  const { requestId } = by;
  parts.endings.add({ sessionId, of: toPrincipalName(principal), by: { principal, requestId } });
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
  const delivery =
    status === 'finished' ? await deliverAnswer(parts, schedule, { run, turn }) : undefined;
  settle(parts, schedule, {
    ...{ ...run, status, endedAt },
    ...(code !== undefined && { code }),
    ...(delivery !== undefined && { delivery }),
  });
}

function settle(parts: ScheduleParts, schedule: StoredSchedule, run: StoredRun): void {
  const { spec } = schedule;
  const { status, sessionId, turnId, code } = run;
  parts.transact(() => {
    if (!isStill(parts, schedule)) return;
    parts.schedules.putRun(spec.name, run);
    if (status === 'refused') orderGiveBack(parts, schedule, run);
    parts.record({
      action: 'schedule-run',
      decision: status === 'refused' ? 'denied' : 'allowed',
      actor: actorName(spec.name),
      schedule: spec.name,
      reason: code ?? status,
      ...(sessionId !== undefined && { sessionId }),
      ...(turnId !== undefined && { turnId }),
    });
  });
}

function actorName(schedule: string): string {
  return toPrincipalName(toScheduleName(schedule));
}
