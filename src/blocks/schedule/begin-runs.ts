/**
 * Decides what becomes of each moment that has come, before anything happens: a run that is written
 * down is carried out, however often the object is lost over it.
 *
 * @module
 */

import { planRun } from '../../core/schedules/plan-run.ts';
import type { ScheduleParts } from './schedule-parts.ts';
import type { StoredSchedule } from './schedule-store.ts';
import { orderGiveBack } from './take-messages.ts';

export function beginDueRuns(parts: ScheduleParts): void {
  const now = parts.now();
  const due = parts.schedules.due(now);
  if (due.length === 0) return;
  parts.transact(() => {
    for (const schedule of due) beginRun(parts, schedule, now);
  });
}

function beginRun(parts: ScheduleParts, schedule: StoredSchedule, now: number): void {
  const { spec, nextAt: dueAt = now, ...others } = schedule;
  const isRunning = parts.schedules.hasOpenRun(spec.name);
  const { decision, nextAt } = planRun({ ...spec, dueAt, isRunning }, now);
  parts.schedules.put({ ...others, spec, ...(nextAt !== undefined && { nextAt }) });
  const status = decision === 'run' ? 'starting' : decision;
  parts.schedules.putRun(spec.name, { dueAt, status });
  if (decision !== 'run') {
    parts.record({
      ...{ action: 'schedule-run', decision: 'observed', actor: 'gateway' },
      ...{ schedule: spec.name, reason: decision },
    });
  }
}

/** `false` if the last run is not over. Part of a transaction. */
export function beginNow(parts: ScheduleParts, { spec }: StoredSchedule): boolean {
  if (parts.schedules.hasOpenRun(spec.name)) return false;
  parts.schedules.putRun(spec.name, { dueAt: parts.now(), status: 'starting' });
  return true;
}

/** Part of the transaction that removes the schedule: whatever they had taken is somebody else's again. */
export function giveUpOpenRuns(parts: ScheduleParts, schedule: StoredSchedule): void {
  for (const { name, run } of parts.schedules.openRuns()) {
    const isBeginning = name === schedule.spec.name && run.status === 'starting';
    if (isBeginning) orderGiveBack(parts, schedule, run);
  }
}
