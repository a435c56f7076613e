/**
 * Why a run goes no further before its turn is finished.
 *
 * @module
 */

import type { AuditEvent } from '../core/audit/audit-event.ts';
import type { JournalEntry } from '../core/conversation/journal-entry.ts';
import type { ErrorCode } from '../core/errors/codes.ts';
import type { Slice } from '../core/policy/slice.ts';

/** Entries that go to the journal together, with what goes on the record beside them. */
export interface Step {
  readonly entries: readonly JournalEntry[];
  readonly audit: readonly AuditEvent[];
  /** What is left of the slice after it, if that may need to be renewed. */
  readonly left?: Slice;
  /** As in `JournalBatch`. */
  readonly thenAsks?: true;
}

export const NOTHING_TO_SAY: Step = { entries: [], audit: [] };

export type RunEnd =
  /** The turn was cancelled, ended or taken over: this run may write no more. */
  | { readonly kind: 'stopped'; readonly unsaid: Step }
  /** What is left of the round waits for humans, and another run goes on from there. */
  | { readonly kind: 'waiting'; readonly round: number; readonly unsaid: Step }
  /** The turn fails, and this run says so. */
  | {
      readonly kind: 'failed';
      readonly code: ErrorCode;
      readonly unsaid: Step;
      /** Before that, asking again is in vain. */
      readonly retryAfterMs?: number;
    };

/** `stale`: authority has changed, and the calls in the step must be checked again. */
export type CommitRefusal = RunEnd | { readonly kind: 'stale' };

export const STOPPED: RunEnd = { kind: 'stopped', unsaid: NOTHING_TO_SAY };

export function failed(
  code: ErrorCode,
  unsaid: Step = NOTHING_TO_SAY,
  retryAfterMs?: number,
): RunEnd {
  return { kind: 'failed', code, unsaid, ...(retryAfterMs !== undefined && { retryAfterMs }) };
}

/** One step after the other. */
export function joinSteps(a: Step, b: Step): Step {
  if (a === NOTHING_TO_SAY) return b;
  if (b === NOTHING_TO_SAY) return a;
  const left = b.left ?? a.left;
  return {
    entries: [...a.entries, ...b.entries],
    audit: [...a.audit, ...b.audit],
    ...(left && { left }),
    ...((a.thenAsks ?? b.thenAsks) && { thenAsks: true }),
  };
}

/** The same end, with what was known before it but not yet said. */
export function withUnsaid(end: RunEnd, before: Step): RunEnd {
  return { ...end, unsaid: joinSteps(before, end.unsaid) };
}
