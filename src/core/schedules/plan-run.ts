/**
 * What to do with a schedule whose time has come.
 *
 * @module
 */

import { nextRunOf, type When } from './next-run.ts';

export interface DueSchedule {
  readonly when: When;
  readonly missed: 'skip' | 'once';
  readonly graceMs: number;
  /** When it was to run. */
  readonly dueAt: number;
  /** Whether its last run is not over yet. */
  readonly isRunning: boolean;
}

export interface RunPlan {
  readonly decision: 'run' | 'missed' | 'overlap';
  /** Absent: never again. */
  readonly nextAt?: number;
}

/**
 * When a schedule that is made now is due for the first time. A single run may lie back as far as it may
 * begin late: it had to be told to us first. Nothing if it will never be due.
 */
export function firstRunOf(
  { when, graceMs }: Pick<DueSchedule, 'when' | 'graceMs'>,
  now: number,
): number | undefined {
  return nextRunOf(when, 'at' in when ? now - graceMs : now);
}

/**
 * Runs never overlap, and a run that was slept through is made up for at most once: the next moment is
 * counted from now.
 */
export function planRun(schedule: DueSchedule, now: number): RunPlan {
  const { when, missed, graceMs, dueAt, isRunning } = schedule;
  const nextAt = nextRunOf(when, now);
  const isMissed = missed === 'skip' && now - dueAt > graceMs;
  const decision = isRunning ? 'overlap' : isMissed ? 'missed' : 'run';
  return { decision, ...(nextAt !== undefined && { nextAt }) };
}
