/**
 * Why a run goes no further before its turn is finished.
 *
 * @module
 */

import type { AuditEvent } from '../core/audit/audit-event.ts';
import type { JournalEntry } from '../core/conversation/journal-entry.ts';
import type { ErrorCode } from '../core/errors/codes.ts';

/** Entries that go to the journal together, with what goes on the record beside them. */
export interface Step {
  readonly entries: readonly JournalEntry[];
  readonly audit: readonly AuditEvent[];
}

export const NOTHING_TO_SAY: Step = { entries: [], audit: [] };

export type RunEnd =
  /** The turn was cancelled, ended or taken over: this run may write no more. */
  | { readonly kind: 'stopped'; readonly unsaid: Step }
  /** The turn fails, and this run says so. */
  | { readonly kind: 'failed'; readonly code: ErrorCode; readonly unsaid: Step };

export function stopped(unsaid: Step = NOTHING_TO_SAY): RunEnd {
  return { kind: 'stopped', unsaid };
}

export function failed(code: ErrorCode, unsaid: Step = NOTHING_TO_SAY): RunEnd {
  return { kind: 'failed', code, unsaid };
}

/** The same end, with what was known before it but not yet said. */
export function withUnsaid(end: RunEnd, before: Step): RunEnd {
  const { entries, audit } = end.unsaid;
  return {
    ...end,
    unsaid: { entries: [...before.entries, ...entries], audit: [...before.audit, ...audit] },
  };
}
