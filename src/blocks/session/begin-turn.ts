/**
 * Puts an admitted turn into the lane, and starts it at once if the lane is free.
 *
 * @module
 */

import type { InspectedInput } from '../../core/checks/inspect-input.ts';
import type { Message } from '../../core/conversation/message.ts';
import type { TurnDriver } from '../../core/conversation/turn.ts';
import type { Authority } from '../../core/policy/authority.ts';
import { capSlice } from '../../core/policy/cap-slice.ts';
import { turnCeilingOf } from '../../core/policy/caveat-bounds.ts';
import { toPrincipalName } from '../../core/policy/principal.ts';
import type { Slice } from '../../core/policy/slice.ts';
import type { TurnId } from '../../core/primitives/ids.ts';
import { activeHistory } from './active-window.ts';
import { isFreeOfCost } from './choose-driver.ts';
import { firstMessages, writeSession } from './create-session.ts';
import { giveBackOpened } from './give-back.ts';
import { toUnwrittenTurn } from './hand-over.ts';
import type { IdempotentRequest } from './idempotency-store.ts';
import type { Lane } from './lane.ts';
import type { LiveTurn } from './live-turns.ts';
import type { AdmitTurn } from './session-api.ts';
import type { SessionParts } from './session-parts.ts';
import { record, transact } from './transact.ts';
import { turnEvent } from './turn-audit.ts';
import type { TurnFacts } from './turn-store.ts';

/** What a turn is admitted with. */
export interface Opening {
  readonly turnId: TurnId;
  readonly slice: Slice;
  readonly reservation: TurnId;
  readonly authority: Authority;
  readonly driver: TurnDriver;
  /** The messages that the request adds, as they were inspected. */
  readonly input: InspectedInput;
  /** As in `Turn`. */
  readonly onlyTools?: readonly string[];
}

/**
 * When the admission is to be on disk: `at-once` if the turn is to be told of, `with-first-commit`
 * where the caller says nothing before the turn has ended.
 */
export type WriteWhen = 'at-once' | 'with-first-commit';

interface Admitted {
  readonly request: AdmitTurn;
  readonly opening: Opening;
  /** Epoch milliseconds. */
  readonly at: number;
}

export function beginTurn(
  parts: SessionParts,
  lane: Lane,
  admitted: Admitted & { readonly when: WriteWhen },
): void {
  const { opening, when } = admitted;
  const isFree = isLaneFree(parts);
  if (isFree && when === 'with-first-commit' && isFreeOfCost(opening.driver)) {
    // Before it is held: what cannot be begun is not written either.
    const firstRun = toFirstRun(parts, admitted);
    parts.unwritten.hold(opening.turnId, {
      write: () => void writeTurn(parts, lane, admitted),
      lose: () => giveBackOpened(parts, { ...opening, principal: admitted.request.principal }),
    });
    lane.begin(firstRun);
    return;
  }
  const turn = writeTurn(parts, lane, admitted);
  if (isFree) lane.launch(turn, opening.authority);
}

export function isLaneFree({ live, session }: SessionParts): boolean {
  if (session.live() === undefined) return true;
  return live.holder() === undefined && live.countQueued() === 0;
}

function toFirstRun(parts: SessionParts, admitted: Admitted): ReturnType<typeof toUnwrittenTurn> {
  const { request, opening, at } = admitted;
  const { sessionId } = request;
  const facts = toFacts(admitted);
  const before = messagesBefore(parts, request);
  const { authority, input } = opening;
  const given = { input: input.messages, authority, at };
  return toUnwrittenTurn(parts, { sessionId, facts, before }, given);
}

function messagesBefore(
  parts: SessionParts,
  { create, standsAlone }: AdmitTurn,
): readonly Message[] {
  if (standsAlone) return [];
  if (parts.session.live() === undefined) return firstMessages(create);
  return activeHistory(parts, Number.MAX_SAFE_INTEGER);
}

/** In one transaction: the session if it is new, the turn, its start if the lane is free, the record. */
function writeTurn(parts: SessionParts, lane: Lane, admitted: Admitted): LiveTurn {
  const { request, opening, at } = admitted;
  const { messages, findings } = opening.input;
  return transact(parts, () => {
    ensureSession(parts, request);
    const isFree = isLaneFree(parts);
    const turn = parts.live.add(parts.turns.next(toFacts(admitted), opening.authority.revision));
    const key = toIdempotentRequest(request);
    if (key !== undefined) parts.idempotency.remember(key, opening.turnId, at);
    if (isFree) {
      lane.start(turn, { input: messages, authority: opening.authority, at });
      parts.turns.insert(turn.row);
    } else {
      parts.turns.insert(turn.row, messages);
    }
    record(parts, [
      {
        ...turnEvent(parts, turn, {
          action: 'turn-admitted',
          decision: 'allowed',
          actor: request,
        }),
        ...(findings.length > 0 && { findings }),
      },
    ]);
    return turn;
  });
}

/** Part of a transaction. */
export function ensureSession(parts: SessionParts, { create, standsAlone }: AdmitTurn): void {
  if (create !== undefined) {
    if (parts.session.live() === undefined) writeSession(parts, create);
    else if (!standsAlone) parts.messages.replaceSystem(firstMessages(create));
  }
  // Pushed to this object before it had a session to write it to.
  parts.session.raiseRevision(parts.authorities.newestRevision);
}

export function toIdempotentRequest(request: AdmitTurn): IdempotentRequest | undefined {
  const { idempotency, principal } = request;
  return idempotency && { principal: toPrincipalName(principal), ...idempotency };
}

/** Whoever cannot find the turn again would never hear what came of an approval. */
function toOnAsk({ create, idempotency, onAsk }: AdmitTurn): TurnFacts['onAsk'] {
  const isFoundAgain = create === undefined || idempotency !== undefined;
  return onAsk ?? (isFoundAgain ? 'wait' : 'deny');
}

function toFacts({ request, opening }: Admitted): TurnFacts {
  const { principal, requestId, wishes, standsAlone } = request;
  const ceiling = turnCeilingOf(principal, request.ceiling);
  const { turnId: id, driver, reservation, onlyTools } = opening;
  const slice = capSlice(opening.slice, ceiling, { tokens: 0, costMicroUsd: 0 });
  const onAsk = toOnAsk(request);
  const facts = { id, principal, requestId, driver, slice, reservation, onAsk };
  return {
    ...facts,
    ...(ceiling && { ceiling }),
    ...(wishes && { wishes }),
    ...(onlyTools && { onlyTools }),
    ...(standsAlone && { standsAlone }),
  };
}
