/**
 * What the audit block answers over RPC: one hash chain for each workspace.
 *
 * @module
 */

import type { Retention } from '../../core/audit/audit-class.ts';
import type { AuditEvent } from '../../core/audit/audit-event.ts';
import type { AuditRecord } from '../../core/audit/chain.ts';
import type { BadRecord } from '../../core/audit/verify-chain.ts';

/** What is exactly equal in the event of a record. */
export interface AuditFilter {
  readonly action?: string;
  readonly decision?: string;
  readonly actor?: string;
  readonly plugin?: string;
  readonly tool?: string;
  readonly sessionId?: string;
  readonly turnId?: string;
}

export interface AuditQuery extends AuditFilter {
  /** `seq` after which to begin. */
  readonly after: number;
  /** The last `seq` that may be among them. */
  readonly upTo?: number;
  readonly limit: number;
  /** Epoch milliseconds of the event: not before, and before. */
  readonly from?: number;
  readonly to?: number;
}

export interface AuditPage {
  readonly records: readonly AuditRecord[];
  /**
   * What to give as `after` for the next page; absent when there is none yet. There may be fewer records
   * than asked for, or none, on a page before the last: not more than a part of the chain is searched.
   */
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

/** A signed checkpoint: how many records it vouches for, and the note. */
export interface CheckpointNote {
  readonly size: number;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly note: string;
}

/** Hashes are lower-case hex; paths begin at the leaf. */
export interface InclusionAnswer {
  readonly seq: number;
  readonly size: number;
  /** `hash` of the record, which is the leaf. */
  readonly leaf: string;
  readonly path: readonly string[];
  readonly root: string;
}

export interface ConsistencyAnswer {
  readonly from: number;
  readonly fromRoot: string;
  readonly to: number;
  readonly toRoot: string;
  readonly path: readonly string[];
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
  /** Signs what there is now, unless that was done; `undefined` while there is nothing. */
  sign(): Promise<CheckpointNote | undefined>;
  /** Checkpoints of more than `after` records, the smallest first. */
  checkpoints(after: number, limit: number): Promise<readonly CheckpointNote[]>;
  retention(): Promise<Retention>;
  /** Says for how long the classes are kept; on the record itself. */
  setRetention(actor: string, requestId: string, retention: Retention): Promise<void>;
  /** `undefined` unless 1 <= seq <= size <= the number of records. */
  inclusion(seq: number, size: number): Promise<InclusionAnswer | undefined>;
  /** `undefined` unless 1 <= from <= to <= the number of records. */
  consistency(from: number, to: number): Promise<ConsistencyAnswer | undefined>;
}
