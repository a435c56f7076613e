/**
 * Audit events that a session writes by itself: of sessions, and of turns as a whole.
 *
 * @module
 */

import type { AuditAction, AuditEvent } from '../../core/audit/audit-event.ts';
import { type Principal, toPrincipalName } from '../../core/policy/principal.ts';
import type { LiveTurn } from './live-turns.ts';
import type { SessionParts } from './session-parts.ts';
import { liveSession } from './session-parts.ts';

/** Who did it. Absent for what the system does by itself. */
export interface Actor {
  readonly principal: Principal;
  readonly requestId: string;
}

export interface Occurrence {
  readonly action: AuditAction;
  readonly decision: AuditEvent['decision'];
  readonly reason?: string;
  readonly actor?: Actor;
}

type Who = Pick<AuditEvent, 'actor' | 'requestId'>;

export function toActorFields(actor: Actor | undefined): Who {
  if (actor === undefined) return { actor: 'gateway' };
  return { actor: toPrincipalName(actor.principal), requestId: actor.requestId };
}

/** Something that happened to a turn. */
export function turnEvent(
  parts: SessionParts,
  { row }: LiveTurn,
  { action, decision, reason, actor }: Occurrence,
): AuditEvent {
  const { driver, id } = row.facts;
  return {
    action,
    decision,
    at: parts.now(),
    ...toActorFields(actor),
    ...(reason !== undefined && { reason }),
    sessionId: liveSession(parts).facts.id,
    turnId: id,
    ...(driver.kind === 'model' && { model: driver.model }),
    revision: row.revision,
  };
}
