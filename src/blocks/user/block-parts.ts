/**
 * What the pieces of a block share, and how it changes: in one transaction, storage and memory
 * together.
 *
 * @module
 */

import type { AuditEvent } from '../../core/audit/audit-event.ts';
import type { Authority } from '../../core/policy/authority.ts';
import { toPrincipalName } from '../../core/policy/principal.ts';
import type { BlockId } from '../../core/primitives/ids.ts';
import type { Changes } from '../kit/changes.ts';
import type { ChunkedValues } from '../kit/chunked-values.ts';
import type { MailboxStore } from '../kit/mailbox-store.ts';
import type { Outbox } from '../kit/outbox.ts';
import type { PairStore } from '../kit/pair-store.ts';
import type { RelationStore } from '../kit/relation-store.ts';
import type { Sealing } from '../kit/sealing.ts';
import type { Tables } from '../kit/tables.ts';
import type { Timers } from '../kit/timers.ts';
import type { Waiters } from '../kit/waiters.ts';
import { openOutbox } from './birth-record.ts';
import type { BlockFacts, FactsStore } from './facts-store.ts';
import type { KnownIdStore } from './known-id-store.ts';
import type { Pace } from './pace.ts';

export interface BlockParts {
  readonly storage: DurableObjectStorage;
  readonly changes: Changes;
  readonly tables: Tables;
  readonly sealing: Sealing;
  readonly values: ChunkedValues;
  readonly facts: FactsStore;
  readonly mailbox: MailboxStore;
  readonly knownIds: KnownIdStore;
  readonly pairs: PairStore;
  readonly relations: RelationStore;
  readonly outbox: Outbox;
  readonly timers: Timers;
  readonly waiters: Waiters;
  readonly pace: Pace;
  readonly now: () => number;
  readonly newId: (prefix: string) => string;
  readonly newBlockId: () => BlockId;
  /** The id, if it was issued in this workspace. */
  readonly readBlockId: (text: string) => BlockId | undefined;
  /** What the creator may do now; nothing if his credential is not live. */
  readonly creatorAuthority: (facts: BlockFacts) => Promise<Authority | undefined>;
  /** The workspace has a newer revision: nothing older is gone by from now on. */
  readonly hearRevision: (revision: number) => void;
  /** Tells the others what was said to them, and the chain what is on the record. */
  readonly flush: () => void;
  readonly defer: (task: Promise<unknown>) => void;
}

/** Signals and audit events wait for this long, in milliseconds, before an alarm sends them. */
const SEND_BY_ALARM_MS = 5_000;

/** Topic of those who wait to receive. */
export const MAIL = 'mail';

/**
 * Changes storage and memory together: both of it, or, if `change` throws, neither. Within a change
 * it is part of that.
 */
export function transact<T>(parts: BlockParts, change: () => T): T {
  return parts.changes.make(change);
}

type EventFacts = Pick<AuditEvent, 'action' | 'decision'> & Partial<AuditEvent>;

/** Part of a transaction: puts an event about this block on the record. */
export function record(parts: BlockParts, blockId: BlockId, event: EventFacts): void {
  const now = parts.now();
  openOutbox(parts);
  parts.outbox.add([{ at: now, actor: `block:${blockId}`, ...event }], now);
  sendSoon(parts);
}

/** Part of a transaction, after something was said to another block. */
export function sendSoon(parts: BlockParts): void {
  parts.timers.ringBy(parts.now() + SEND_BY_ALARM_MS);
}

export function creatorName({ order }: BlockFacts): string {
  return toPrincipalName(order.creator);
}
