/**
 * The hash chain of a workspace's audit records.
 *
 * Each record holds the SHA-256 of its predecessor, so none can be changed, removed or put in
 * without every later one showing it. That the *end* was not cut off is told by the signed
 * checkpoint. Who holds both the storage and the key can still write another history.
 *
 * @module
 */

import { canonicalJson } from '../primitives/canonical-json.ts';
import { toUtf8 } from '../primitives/utf8.ts';
import type { AuditEvent } from './audit-event.ts';

/** A `type`, so that it is a `JsonObject`. */
export type AuditRecord = {
  /** From 1, without gaps. */
  readonly seq: number;
  /** The outbox it came from, and its gap-free number there, from 1. */
  readonly source: string;
  readonly sourceSeq: number;
  readonly event: AuditEvent;
  /** `hash` of the record before; {@link GENESIS} for the first. */
  readonly previousHash: string;
  /** SHA-256 over all of the above as canonical JSON, lower-case hex. */
  readonly hash: string;
  /** Its event was kept for long enough: what is left of it is not what the hash is of. */
  readonly expired?: true;
};

/** SHA-256 as lower-case hex. */
export type Sha256 = (bytes: Uint8Array) => string;

/** What the first record names as its predecessor. */
export const GENESIS = '0'.repeat(64);

/** Makes the record that follows `previousHash`. */
export function chainRecord(content: Omit<AuditRecord, 'hash'>, sha256: Sha256): AuditRecord {
  const { seq, source, sourceSeq, event, previousHash } = content;
  const hash = sha256(toUtf8(canonicalJson({ seq, source, sourceSeq, event, previousHash })));
  return { seq, source, sourceSeq, event, previousHash, hash };
}

/**
 * What a checkpoint signs. Its lines cannot be mistaken for each other: none of the values holds a
 * line feed.
 */
export function checkpointText(workspace: string, seq: number, hash: string): string {
  return `sallyport-audit-checkpoint/1\n${workspace}\n${seq}\n${hash}\n`;
}
