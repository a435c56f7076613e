/**
 * The session block: one conversation, its lane of turns, their journals, and its audit outbox.
 *
 * This class is the RPC surface and nothing more. The tables are made with the session: whoever asks
 * for a session that does not exist leaves no trace.
 *
 * @module
 */

import { DurableObject } from 'cloudflare:workers';
import type {
  JournalBatch,
  JournalReceipt,
  JournalRefusal,
} from '../../core/conversation/journal-entry.ts';
import type { Turn } from '../../core/conversation/turn.ts';
import type { Denial } from '../../core/errors/denial.ts';
import { deny } from '../../core/errors/denial.ts';
import { Fault } from '../../core/errors/fault.ts';
import type { Authority } from '../../core/policy/authority.ts';
import type { Principal } from '../../core/policy/principal.ts';
import type { TurnId } from '../../core/primitives/ids.ts';
import { err, ok, type Result } from '../../core/primitives/result.ts';
import { sessionObjectName } from '../kit/address.ts';
import type { BlockBindings } from '../kit/bindings.ts';
import { shortenNow, viewShortened } from './active-window.ts';
import { Admissions } from './admission.ts';
import type { ApprovalView, DecideApproval, DecisionRefusal } from './approval-api.ts';
import { ApprovalCourier } from './approval-courier.ts';
import { assembleParts } from './assemble-parts.ts';
import { cancelTurn, cancelTurns, removeSession } from './cancel-turn.ts';
import { commitBatch } from './commit-batch.ts';
import { createSession, describeSession } from './create-session.ts';
import { decideApproval, viewApproval } from './decide-approval.ts';
import { endIfIdle } from './end-if-idle.ts';
import { endProgram } from './end-program.ts';
import { Flusher } from './flusher.ts';
import { toTurn } from './hand-over.ts';
import { authorizeHostCall } from './host-calls.ts';
import { Lane } from './lane.ts';
import { holdLease, refreshAuthority, renewSlice } from './lease.ts';
import type { LiveTurn } from './live-turns.ts';
import type { MessagePage } from './message-store.ts';
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
import type { SessionParts } from './session-parts.ts';
import { startRun } from './start-run.ts';
import { transact } from './transact.ts';
import type { RunInside } from './turn-client.ts';
import { isAtRest } from './turn-store.ts';
import { toSummary } from './turn-summary.ts';
import { followEvents, readEvents, readTurn, waitForRest } from './watch-turn.ts';
import { willSettle } from './will-settle.ts';

export class SessionBlock extends DurableObject<BlockBindings> implements SessionApi {
  readonly #parts: SessionParts;
  readonly #lane: Lane;
  readonly #admissions: Admissions;
  readonly #flusher: Flusher;
  readonly #courier: ApprovalCourier;
  /** Settles when nobody is making this session. */
  #created: Promise<unknown> = Promise.resolve();

  constructor(ctx: DurableObjectState, env: BlockBindings, inside?: RunInside) {
    super(ctx, env);
    const places = { inside, session: this, exports: ctx.exports };
    this.#parts = assembleParts(ctx, env, {
      turn: () => this.#lane.watch(),
      flush: () => this.#flusher.now(),
      expire: () => this.#flusher.expire(),
      approvals: () => this.#courier.tend(),
      shorten: () => shortenNow(this.#parts),
      startRun: (turn) => startRun(places, turn),
      flushPromptly: (when) => {
        this.#flusher.promptly(when);
        this.#courier.promptly();
      },
    });
    this.#lane = new Lane(this.#parts);
    this.#admissions = new Admissions(this.#parts, this.#lane);
    this.#flusher = new Flusher(this.#parts);
    this.#courier = new ApprovalCourier(this.#parts, this.#lane);
    this.#parts.sealing.begin(() => {
      if (this.#parts.session.row() !== undefined) this.#parts.timers.restore();
    });
  }

  async create(request: CreateSession): ReturnType<SessionApi['create']> {
    this.#requireOwn(request);
    // The policy says how what the session begins with is to be written.
    const hasWords = request.system !== undefined || request.title !== undefined;
    if (hasWords) await this.#parts.authorities.newest(request.principal);
    const created = createSession(this.#written(), request);
    this.#created = Promise.allSettled([this.#created, created]);
    return await created;
  }

  async describe(): Promise<SessionDescription | undefined> {
    return this.#exists() ? describeSession(this.#parts) : undefined;
  }

  async messages(after: number, limit: number): Promise<MessagePage | undefined> {
    return this.#exists() ? this.#parts.messages.page(after, limit) : undefined;
  }

  async searchMessages(text: string, limit: number) {
    if (!this.#exists()) return undefined;
    const { words } = this.#parts;
    return transact(this.#parts, () => words.search(text, limit));
  }

  async shortened(): ReturnType<SessionApi['shortened']> {
    return this.#exists() ? (viewShortened(this.#parts) ?? 'none') : undefined;
  }

  async remove(principal: Principal, requestId: string): Promise<boolean> {
    if (!this.#exists()) return false;
    removeSession(this.#parts, this.#flusher, { principal, requestId });
    // Whoever asks for a list from now on does not find it there. If the index cannot be reached, it is told later.
    await this.#flusher.unlist().catch(() => {});
    return true;
  }

  async endIfIdle(idleSince: number | undefined): Promise<number | undefined> {
    await Promise.all([this.#created, this.#admissions.settled()]);
    return this.#exists() ? endIfIdle(this.#parts, this.#flusher, idleSince) : undefined;
  }

  async admitTurn(request: AdmitTurn): Promise<Result<Admission, AdmissionRefusal>> {
    this.#requireOwn(request);
    return await this.#admissions.admit(request, 'at-once');
  }

  async awaitTurn(turnId: TurnId, waitMs: number): Promise<TurnSummary | undefined> {
    const turn = await waitForRest(this.#written(), turnId, waitMs);
    return turn && toSummary(turn);
  }

  async runTurn(
    request: AdmitTurn,
    waitMs: number,
  ): Promise<Result<TurnSummary | Admission, AdmissionRefusal>> {
    const ran = await this.#run(request, waitMs);
    if (!ran.ok) return ran;
    const { admission, turn } = ran.value;
    return ok(turn === undefined ? admission : toSummary(turn));
  }

  async runProgram(
    request: AdmitTurn,
    waitMs: number,
  ): Promise<Result<ProgramOutcome | undefined, AdmissionRefusal>> {
    const ran = await this.#run(request, waitMs);
    if (!ran.ok) return ran;
    const { admission, turn } = ran.value;
    if (turn !== undefined) return ok(endProgram(this.#parts, turn));
    const { principal, requestId, idempotency } = request;
    if (idempotency === undefined) await this.cancelTurn(admission.turnId, principal, requestId);
    return ok(undefined);
  }

  async summary(turnId: TurnId): Promise<TurnSummary | undefined> {
    const turn = readTurn(this.#written(), turnId);
    return turn && toSummary(turn);
  }

  async events(turnId: TurnId, afterId: number, waitMs: number): Promise<EventPage | undefined> {
    return await readEvents(this.#written(), { turnId, afterId, waitMs });
  }

  async follow(request: FollowRequest): Promise<EventPage | NotFollowed> {
    return await followEvents(this.#written(), request);
  }

  async cancelTurn(
    turnId: TurnId,
    principal: Principal,
    requestId: string,
  ): Promise<TurnSummary | undefined> {
    const turn = readTurn(this.#written(), turnId);
    if (turn === undefined) return undefined;
    cancelTurn(this.#lane, turn, { principal, requestId });
    return toSummary(turn);
  }

  async turn(turnId: TurnId, epoch: number): Promise<Turn | undefined> {
    const turn = this.#exists() ? this.#lane.holderAt(turnId, epoch) : undefined;
    return turn?.first && toTurn(this.#parts, turn, turn.first);
  }

  async cancelTurns(principal: Principal, requestId: string, of?: TurnsOf): Promise<void> {
    await this.#admissions.settled();
    if (!this.#exists()) return;
    cancelTurns(this.#parts, { principal, requestId }, of);
    this.#lane.next();
  }

  async commit(batch: JournalBatch): Promise<Result<JournalReceipt, JournalRefusal>> {
    const committed = commitBatch(this.#parts, this.#lane, batch);
    if (!committed.ok || batch.left === undefined) return committed;
    return ok(await renewSlice(this.#parts, this.#lane, { batch, receipt: committed.value }));
  }

  async refreshAuthority(turnId: TurnId, epoch: number): Promise<Authority> {
    return await refreshAuthority(this.#written(), this.#lane, { turnId, epoch });
  }

  async holdLease(turnId: TurnId, epoch: number): Promise<'held' | 'cancelled' | 'lease_lost'> {
    return await holdLease(this.#written(), this.#lane, { turnId, epoch });
  }

  async authorizeHostCall(request: HostCallRequest): Promise<Result<HostCallGrant, Denial>> {
    if (!this.#exists()) return err(deny('dispatch', 'cancelled'));
    return await authorizeHostCall(this.#parts, this.#lane, request);
  }

  async approval(id: string): Promise<ApprovalView | undefined> {
    return viewApproval(this.#written(), id);
  }

  async decideApproval(request: DecideApproval): Promise<Result<ApprovalView, DecisionRefusal>> {
    return await decideApproval(this.#written(), this.#lane, request);
  }

  async authorityChanged(revision: number): Promise<void> {
    const { authorities, flush, held, session } = this.#written();
    authorities.hear(revision);
    const isNew = session.raiseRevision(revision);
    if (isNew) held.release();
    await this.#lane.endWithoutAuthority();
    if (isNew) flush('now');
  }

  async willSettle(reservation: TurnId): Promise<boolean> {
    await this.#admissions.settled();
    return willSettle(this.#written(), reservation);
  }

  override async alarm(): Promise<void> {
    const { changes, now, timers } = this.#written();
    await timers.alarm(now());
    changes.catchUp();
  }

  /** Says nothing of the turn before its end, unless that takes too long. */
  async #run(
    request: AdmitTurn,
    waitMs: number,
  ): Promise<Result<{ admission: Admission; turn: LiveTurn | undefined }, AdmissionRefusal>> {
    this.#requireOwn(request);
    const admitted = await this.#admissions.admit(request, 'with-first-commit');
    if (!admitted.ok) return admitted;
    const { turnId } = admitted.value;
    const found = await waitForRest(this.#parts, turnId, waitMs);
    const turn = found && isAtRest(found.row) ? found : undefined;
    if (this.#written().unwritten.wasLost(turnId)) {
      throw new Fault('internal', 'Cannot run the turn: it must be possible to write it');
    }
    return ok({ admission: admitted.value, turn });
  }

  /** What anybody but the run of a turn works with: nothing has begun that is not written. */
  #written(): SessionParts {
    this.#parts.unwritten.write();
    return this.#parts;
  }

  #exists(): boolean {
    return this.#written().session.live() !== undefined;
  }

  /** A request for another session than this object's is a mistake that must not leave a trace. */
  #requireOwn({ sessionId, principal }: Pick<CreateSession, 'sessionId' | 'principal'>): void {
    if (this.ctx.id.name === sessionObjectName(principal.workspace, sessionId)) return;
    throw new Fault('internal', 'Cannot use the session: the request must name this object');
  }
}
