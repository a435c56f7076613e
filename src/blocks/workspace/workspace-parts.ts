/**
 * The parts of a workspace block, and what its operations have in common.
 *
 * @module
 */

import type { AuditAction, AuditEvent } from '../../core/audit/audit-event.ts';
import { toPrincipalName } from '../../core/policy/principal.ts';
import type { Changes } from '../kit/changes.ts';
import type { Outbox } from '../kit/outbox.ts';
import type { Sealing } from '../kit/sealing.ts';
import type { Timers } from '../kit/timers.ts';
import type { Authorities } from './authorities.ts';
import type { AuthorityLeases } from './authority-leases.ts';
import type { DenialPace } from './denial-pace.ts';
import type { Neighbours } from './neighbours.ts';
import type { SummaryPlaces } from './summary-places.ts';
import type { Actor, Refusal } from './workspace-api.ts';
import type { WorkspaceStores } from './workspace-stores.ts';

/** Delay of the timer that sends audit events which the object itself could not send. */
const FLUSH_LATEST_MS = 5_000;

export interface WorkspaceParts extends WorkspaceStores, Neighbours {
  readonly changes: Changes;
  readonly sealing: Sealing;
  readonly authorities: Authorities;
  readonly leases: AuthorityLeases;
  readonly summaryPlaces: SummaryPlaces;
  readonly outbox: Outbox;
  readonly denialPace: DenialPace;
  readonly timers: Timers;
  readonly now: () => number;
  /** Sends audit events in the background. */
  readonly flush: () => void;
}

/**
 * Changes storage and memory together: both of it, or, if `change` throws, neither. Within a change
 * it is part of that.
 */
export function transact<T>(parts: WorkspaceParts, change: () => T): T {
  return parts.changes.make(change);
}

/** Part of a transaction: puts an event into the outbox, with the timer that sends it at the latest. */
export function record(parts: WorkspaceParts, event: AuditEvent): void {
  const now = parts.now();
  parts.outbox.add([event], now);
  if (parts.timers.dueAt('flush') === undefined) parts.timers.set('flush', now + FLUSH_LATEST_MS);
}

/** Something that a principal did, or was refused. */
export function actorEvent(
  parts: WorkspaceParts,
  { principal, requestId }: Actor,
  facts: { readonly action: AuditAction } & Partial<AuditEvent>,
): AuditEvent {
  return {
    decision: 'allowed',
    at: parts.now(),
    actor: toPrincipalName(principal),
    requestId,
    ...facts,
  };
}

/**
 * Part of a transaction: begins a new revision, and notes who must hear of it. Whoever calls this
 * announces it after the transaction, and before its answer: see `announce-revision.ts`.
 */
export function raiseRevision(parts: WorkspaceParts): number {
  const revision = parts.workspace.raiseRevision();
  parts.authorities.forget();
  for (const sessionId of parts.turns.liveSessions()) {
    parts.announcements.add({ sessionId, revision });
  }
  return revision;
}

/** Nothing that adds authority may happen while it cannot go on the record. */
export function refuseUnrecorded(parts: WorkspaceParts): Refusal | undefined {
  if (!parts.outbox.isBlocked(parts.now())) return undefined;
  parts.flush();
  return {
    code: 'audit_unavailable',
    detail: 'Cannot change the workspace: its audit record must be reachable',
  };
}
