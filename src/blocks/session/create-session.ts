/**
 * Makes a session: its tables, its row, and the system message that stands before everything.
 *
 * @module
 */

import type { Message } from '../../core/conversation/message.ts';
import { Fault } from '../../core/errors/fault.ts';
import { PRINCIPAL_LABEL } from '../../core/policy/labels.ts';
import { toPrincipalName } from '../../core/policy/principal.ts';
import type { NoRoom } from '../../core/policy/room.ts';
import { randomHex } from '../kit/keys.ts';
import { toListed } from './list-session.ts';
import type { CreateSession, SessionDescription } from './session-api.ts';
import { liveSession, type SessionParts } from './session-parts.ts';
import type { SessionFacts } from './session-store.ts';
import { record, transact } from './transact.ts';
import { toActorFields } from './turn-audit.ts';

/** Bytes of chance in the name of an outbox: enough that a session made twice has two. */
const SOURCE_CHANCE_BYTES = 4;

/**
 * Makes the session, unless it exists, and puts that on the record. Its place in the index comes first,
 * so that those that are made at once keep within the bound, too.
 */
export async function createSession(
  parts: SessionParts,
  request: CreateSession,
): Promise<SessionDescription | NoRoom> {
  if (parts.session.row() === undefined) {
    const { neighbours, now } = parts;
    const { workspace } = request.principal;
    const place = await neighbours.reservePlace(workspace, toListed(toFacts(request, now())));
    if (place !== 'reserved') return place;
  }
  // The same request may have come twice.
  if (parts.session.row() === undefined) {
    transact(parts, () => {
      writeSession(parts, request, { isListed: true });
      const event = {
        action: 'session-created',
        decision: 'allowed',
        at: parts.now(),
        ...toActorFields(request),
        sessionId: request.sessionId,
      } as const;
      record(parts, [event]);
    });
    parts.flush('now');
  }
  return describeSession(parts);
}

/**
 * Part of a transaction. Sessions that are made for a single turn are not put on the record by
 * themselves: the turn is.
 *
 * @throws Fault `conflict` if a session under this id is still being deleted.
 */
export function writeSession(
  parts: SessionParts,
  request: CreateSession,
  listed: Pick<SessionFacts, 'isListed'> = {},
): void {
  if (parts.session.row() !== undefined) {
    throw new Fault('conflict', 'Cannot create the session: it must not be in deletion');
  }
  for (const table of [parts.values, parts.outbox, parts.timers]) table.createTable();
  const facts = { ...toFacts(request, parts.now()), ...listed };
  parts.session.insert(facts, parts.authorities.newestRevision);
  parts.messages.append(firstMessages(request));
}

function toFacts(
  { sessionId: id, principal, title, model, ephemeralMs }: CreateSession,
  createdAt: number,
): SessionFacts {
  return {
    id,
    workspace: principal.workspace,
    createdAt,
    createdBy: toPrincipalName(principal),
    ...(title !== undefined && { title }),
    ...(model !== undefined && { model }),
    ...(ephemeralMs !== undefined && { ephemeralMs }),
    source: `session:${id}:${randomHex(SOURCE_CHANCE_BYTES)}`,
  };
}

/** What stands before everything in a new session. */
export function firstMessages(request: CreateSession | undefined): readonly Message[] {
  if (request?.system === undefined) return [];
  return [{ role: 'system', content: request.system, label: PRINCIPAL_LABEL }];
}

/** @throws Fault `not_found` if the session does not exist. */
export function describeSession(parts: SessionParts): SessionDescription {
  const { id, createdAt, createdBy, title, model } = liveSession(parts).facts;
  const active = parts.live.holder()?.row.facts.id;
  return {
    id,
    createdAt,
    createdBy,
    ...(title !== undefined && { title }),
    ...(model !== undefined && { model }),
    turns: parts.turns.count(),
    ...(active !== undefined && { activeTurn: active }),
  };
}
