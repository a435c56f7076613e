/**
 * The way to a session block; no other file reaches one.
 *
 * Calls that may happen twice are sent again, once, when the object was reset under them.
 *
 * @module
 */

import {
  isKnownAgain,
  type JournalBatch,
  type JournalReceipt,
  type JournalRefusal,
} from '../../core/conversation/journal-entry.ts';
import type { Turn } from '../../core/conversation/turn.ts';
import type { Denial } from '../../core/errors/denial.ts';
import type { Authority } from '../../core/policy/authority.ts';
import type { Principal } from '../../core/policy/principal.ts';
import type { SessionId, TurnId, WorkspaceId } from '../../core/primitives/ids.ts';
import type { Result } from '../../core/primitives/result.ts';
import { sessionObjectName } from '../kit/address.ts';
import type { BlockBindings } from '../kit/bindings.ts';
import { callAgainAfterReset } from '../kit/call.ts';
import type { ApprovalView, DecideApproval, DecisionRefusal } from './approval-api.ts';
import type {
  Admission,
  AdmissionRefusal,
  AdmitTurn,
  CreateSession,
  EventPage,
  FollowRequest,
  HostCallGrant,
  HostCallRequest,
  NotFollowed,
  ProgramOutcome,
  SessionApi,
  SessionDescription,
  TurnSummary,
  TurnsOf,
} from './session-api.ts';

/** The session need not exist: then `create` makes it, and the others say that there is none. */
export function openSession(
  env: Pick<BlockBindings, 'SESSIONS'>,
  workspace: WorkspaceId,
  sessionId: SessionId,
): SessionClient {
  const name = sessionObjectName(workspace, sessionId);
  return new SessionClient(sessionId, () => env.SESSIONS.getByName(name));
}

export class SessionClient implements SessionApi {
  readonly sessionId: SessionId;
  readonly #connect: () => SessionApi;

  constructor(sessionId: SessionId, connect: () => SessionApi) {
    this.sessionId = sessionId;
    this.#connect = connect;
  }

  create(request: CreateSession): ReturnType<SessionApi['create']> {
    return this.#again((session) => session.create(request));
  }

  describe(): Promise<SessionDescription | undefined> {
    return this.#again((session) => session.describe());
  }

  messages(after: number, limit: number): ReturnType<SessionApi['messages']> {
    return this.#again((session) => session.messages(after, limit));
  }

  searchMessages(text: string, limit: number): ReturnType<SessionApi['searchMessages']> {
    return this.#again((session) => session.searchMessages(text, limit));
  }

  shortened(): ReturnType<SessionApi['shortened']> {
    return this.#again((session) => session.shortened());
  }

  remove(principal: Principal, requestId: string): Promise<boolean> {
    return this.#once((session) => session.remove(principal, requestId));
  }

  endIfIdle(idleSince: number | undefined): Promise<number | undefined> {
    return this.#again((session) => session.endIfIdle(idleSince));
  }

  /** Sent once: without an idempotency key, a second admission would be another turn. */
  admitTurn(request: AdmitTurn): Promise<Result<Admission, AdmissionRefusal>> {
    if (request.idempotency === undefined)
      return this.#once((session) => session.admitTurn(request));
    return this.#again((session) => session.admitTurn(request));
  }

  awaitTurn(turnId: TurnId, waitMs: number): Promise<TurnSummary | undefined> {
    return this.#again((session) => session.awaitTurn(turnId, waitMs));
  }

  runTurn(
    request: AdmitTurn,
    waitMs: number,
  ): Promise<Result<TurnSummary | Admission, AdmissionRefusal>> {
    if (request.idempotency === undefined) {
      return this.#once((session) => session.runTurn(request, waitMs));
    }
    return this.#again((session) => session.runTurn(request, waitMs));
  }

  runProgram(
    request: AdmitTurn,
    waitMs: number,
  ): Promise<Result<ProgramOutcome | undefined, AdmissionRefusal>> {
    if (request.idempotency === undefined) {
      return this.#once((session) => session.runProgram(request, waitMs));
    }
    return this.#again((session) => session.runProgram(request, waitMs));
  }

  summary(turnId: TurnId): Promise<TurnSummary | undefined> {
    return this.#again((session) => session.summary(turnId));
  }

  events(turnId: TurnId, afterId: number, waitMs: number): Promise<EventPage | undefined> {
    return this.#again((session) => session.events(turnId, afterId, waitMs));
  }

  follow(request: FollowRequest): Promise<EventPage | NotFollowed> {
    return this.#again((session) => session.follow(request));
  }

  cancelTurn(
    turnId: TurnId,
    principal: Principal,
    requestId: string,
  ): Promise<TurnSummary | undefined> {
    return this.#again((session) => session.cancelTurn(turnId, principal, requestId));
  }

  cancelTurns(principal: Principal, requestId: string, of?: TurnsOf): Promise<void> {
    return this.#again((session) => session.cancelTurns(principal, requestId, of));
  }

  turn(turnId: TurnId, epoch: number): Promise<Turn | undefined> {
    return this.#again((session) => session.turn(turnId, epoch));
  }

  /** Text is sent once, since nobody can tell whether equal text is there already. */
  commit(batch: JournalBatch): Promise<Result<JournalReceipt, JournalRefusal>> {
    if (!batch.entries.some(isKnownAgain)) return this.#once((session) => session.commit(batch));
    return this.#again((session) => session.commit(batch));
  }

  refreshAuthority(turnId: TurnId, epoch: number): Promise<Authority> {
    return this.#again((session) => session.refreshAuthority(turnId, epoch));
  }

  holdLease(turnId: TurnId, epoch: number): Promise<'held' | 'cancelled' | 'lease_lost'> {
    return this.#again((session) => session.holdLease(turnId, epoch));
  }

  authorizeHostCall(request: HostCallRequest): Promise<Result<HostCallGrant, Denial>> {
    return this.#again((session) => session.authorizeHostCall(request));
  }

  approval(id: string): Promise<ApprovalView | undefined> {
    return this.#again((session) => session.approval(id));
  }

  decideApproval(request: DecideApproval): Promise<Result<ApprovalView, DecisionRefusal>> {
    return this.#again((session) => session.decideApproval(request));
  }

  authorityChanged(revision: number): Promise<void> {
    return this.#again((session) => session.authorityChanged(revision));
  }

  willSettle(reservation: TurnId): Promise<boolean> {
    return this.#again((session) => session.willSettle(reservation));
  }

  async #once<T>(call: (session: SessionApi) => Promise<T>): Promise<T> {
    return await call(this.#connect());
  }

  #again<T>(call: (session: SessionApi) => Promise<T>): Promise<T> {
    return callAgainAfterReset(this.#connect, call);
  }
}
