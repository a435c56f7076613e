/** Small chains for tests, with a real hash. */

import { createHash } from 'node:crypto';
import type { AuditEvent } from '../../../src/core/audit/audit-event.ts';
import { type AuditRecord, chainRecord, GENESIS } from '../../../src/core/audit/chain.ts';

export const sha256 = (bytes: Uint8Array): string =>
  createHash('sha256').update(bytes).digest('hex');

export function event(at: number): AuditEvent {
  return { action: 'tool-call', decision: 'allowed', at, actor: 'user:alice', tool: 'text-stats' };
}

/** A chain of events of the given sources, in that order. */
export function chain(sources: readonly string[]): AuditRecord[] {
  const last = new Map<string, number>();
  let previousHash = GENESIS;
  return sources.map((source, index) => {
    const sourceSeq = (last.get(source) ?? 0) + 1;
    last.set(source, sourceSeq);
    const content = { seq: index + 1, source, sourceSeq, event: event(index), previousHash };
    const record = chainRecord(content, sha256);
    previousHash = record.hash;
    return record;
  });
}
