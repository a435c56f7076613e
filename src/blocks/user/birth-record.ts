/**
 * The event of a block's own birth. It is the first of its outbox; as long as nothing else is to be
 * recorded, the block's own row tells all of it, and there is no outbox.
 *
 * A child's birth is recorded by its parent.
 *
 * @module
 */

import type { AuditEvent } from '../../core/audit/audit-event.ts';
import { toPrincipalName } from '../../core/policy/principal.ts';
import type { Outbox } from '../kit/outbox.ts';
import type { Tables } from '../kit/tables.ts';
import type { BlockFacts, FactsStore } from './facts-store.ts';

/** Its number in the outbox. */
export const BIRTH_SEQ = 1;

interface RecordParts {
  readonly facts: FactsStore;
  readonly tables: Tables;
  readonly outbox: Outbox;
}

/** Whether the chain is still to be told of it, and not by an outbox. */
export function owesBirth({ facts, tables }: Pick<RecordParts, 'facts' | 'tables'>): boolean {
  const known = facts.read();
  if (known === undefined || tables.has('outbox')) return false;
  return isRecordedHere(known) && known.isRecorded !== true;
}

export function birthEvent({ order, bornAt }: BlockFacts): AuditEvent {
  return {
    at: bornAt,
    actor: toPrincipalName(order.creator),
    action: 'block-spawned',
    decision: 'allowed',
    resource: order.blockId,
    requestId: order.requestId,
  };
}

/** Part of a transaction that adds an event: the first other than the birth makes the outbox. */
export function openOutbox({ facts, tables, outbox }: RecordParts): void {
  tables.makeWith('outbox', () => {
    outbox.createTable();
    const known = facts.read();
    if (known === undefined || !isRecordedHere(known)) return;
    if (known.isRecorded) outbox.startAfter(BIRTH_SEQ);
    else outbox.add([birthEvent(known)], known.bornAt);
  });
}

function isRecordedHere({ order }: BlockFacts): boolean {
  return order.ancestors.length === 0;
}
