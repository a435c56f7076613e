/**
 * What the audit block answers over RPC: one hash chain for each workspace.
 *
 * @module
 */

import type { AuditEvent } from '../../core/audit/audit-event.ts';
import type { AuditRecord } from '../../core/audit/chain.ts';
import type { BadRecord } from '../../core/audit/verify-chain.ts';

export interface AuditQuery {
  /** `seq` after which to begin. */
  readonly after: number;
  readonly limit: number;
  readonly action?: string;
  readonly decision?: string;
}

export interface AuditPage {
  readonly records: readonly AuditRecord[];
  /** What to give as `after` for the next page; absent when there is none yet. */
  readonly next?: number;
}

export interface AuditVerification {
  readonly ok: boolean;
  /** Records that hold, from the first on. */
  readonly count: number;
  /** Hash of the last of them. */
  readonly head: string;
  readonly firstBad?: BadRecord;
}

export interface AuditApi {
  /**
   * Appends `events`, numbered from `firstSeq` in the outbox of `source`. Known numbers are
   * absorbed; a number beyond the next one is refused. Returns the last number that is stored.
   *
   * @throws Fault `audit_unavailable` when events are missing before `firstSeq`.
   */
  append(source: string, firstSeq: number, events: readonly AuditEvent[]): Promise<number>;
  query(query: AuditQuery): Promise<AuditPage>;
  verify(): Promise<AuditVerification>;
}
