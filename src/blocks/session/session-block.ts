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
import type { Denial } from '../../core/errors/denial.ts';
import { deny } from '../../core/errors/denial.ts';
import { Fault } from '../../core/errors/fault.ts';
import type { Authority } from '../../core/policy/authority.ts';
import type { Principal } from '../../core/policy/principal.ts';
import type { TurnId } from '../../core/primitives/ids.ts';
import { err, type Result } from '../../core/primitives/result.ts';
import { sessionObjectName } from '../kit/address.ts';
import type { BlockBindings } from '../kit/bindings.ts';
import { Admissions } from './admission.ts';
import { assembleParts } from './assemble-parts.ts';
import { cancelTurn, removeSession } from './cancel-turn.ts';
import { commitBatch } from './commit-batch.ts';
import { createSession, describeSession } from './create-session.ts';
import { Flusher } from './flusher.ts';
import { authorizeHostCall } from './host-calls.ts';
import { Lane } from './lane.ts';
import { holdLease, refreshAuthority } from './lease.ts';
import type { MessagePage } from './message-store.ts';
import type {
  Admission,
  AdmissionRefusal,
  AdmitTurn,
  CreateSession,
  EventPage,
  HostCallGrant,
  HostCallRequest,
  ProgramOutcome,
  SessionApi,
  SessionDescription,
  TurnSummary,
} from './session-api.ts';
import type { SessionParts } from './session-parts.ts';
import { toProgramOutcome, toSummary } from './turn-summary.ts';
import { readEvents, readTurn, waitForEnd } from './watch-turn.ts';

export class SessionBlock extends DurableObject<BlockBindings> implements SessionApi {
  readonly #parts: SessionParts;
  readonly #lane: Lane;
  readonly #admissions: Admissions;
  readonly #flusher: Flusher;

  constructor(ctx: DurableObjectState, env: BlockBindings) {
    super(ctx, env);
    this.#parts = assembleParts(ctx, env, {
      turn: () => this.#lane.watch(),
      flush: () => this.#flusher.now(),
      expire: () => this.#flusher.expire(),
      flushPromptly: (when) => this.#flusher.promptly(when),
    });
    this.#lane = new Lane(this.#parts);
    this.#admissions = new Admissions(this.#parts, this.#lane);
    this.#flusher = new Flusher(this.#parts);
    if (this.#parts.session.row() !== undefined) this.#parts.timers.restore();
  }

  async create(request: CreateSession): Promise<SessionDescription> {
    this.#requireOwn(request);
    return createSession(this.#parts, request);
  }

  async describe(): Promise<SessionDescription | undefined> {
    return this.#exists() ? describeSession(this.#parts) : undefined;
  }

  async messages(after: number, limit: number): Promise<MessagePage | undefined> {
    return this.#exists() ? this.#parts.messages.page(after, limit) : undefined;
  }

  async remove(principal: Principal, requestId: string): Promise<boolean> {
    if (!this.#exists()) return false;
    removeSession(this.#parts, this.#flusher, { principal, requestId });
    return true;
  }

  async admitTurn(request: AdmitTurn): Promise<Result<Admission, AdmissionRefusal>> {
    this.#requireOwn(request);
    return await this.#admissions.admit(request);
  }

  async awaitTurn(turnId: TurnId, waitMs: number): Promise<TurnSummary | undefined> {
    const turn = await waitForEnd(this.#parts, turnId, waitMs);
    return turn && toSummary(turn);
  }

  async runTurn(
    request: AdmitTurn,
    waitMs: number,
  ): Promise<Result<TurnSummary | Admission, AdmissionRefusal>> {
    const admitted = await this.admitTurn(request);
    if (!admitted.ok) return admitted;
    const summary = await this.awaitTurn(admitted.value.turnId, waitMs);
    return { ok: true, value: summary ?? admitted.value };
  }

  async runProgram(
    request: AdmitTurn,
    waitMs: number,
  ): Promise<Result<ProgramOutcome | undefined, AdmissionRefusal>> {
    const admitted = await this.admitTurn(request);
    if (!admitted.ok) return admitted;
    const turn = await waitForEnd(this.#parts, admitted.value.turnId, waitMs);
    return { ok: true, value: turn && toProgramOutcome(turn) };
  }

  async summary(turnId: TurnId): Promise<TurnSummary | undefined> {
    const turn = readTurn(this.#parts, turnId);
    return turn && toSummary(turn);
  }

  async events(turnId: TurnId, afterId: number, waitMs: number): Promise<EventPage | undefined> {
    return await readEvents(this.#parts, { turnId, afterId, waitMs });
  }

  async cancelTurn(
    turnId: TurnId,
    principal: Principal,
    requestId: string,
  ): Promise<TurnSummary | undefined> {
    const turn = readTurn(this.#parts, turnId);
    if (turn === undefined) return undefined;
    cancelTurn(this.#lane, turn, { principal, requestId });
    return toSummary(turn);
  }

  async commit(batch: JournalBatch): Promise<Result<JournalReceipt, JournalRefusal>> {
    return commitBatch(this.#parts, this.#lane, batch);
  }

  async refreshAuthority(turnId: TurnId, epoch: number): Promise<Authority> {
    return await refreshAuthority(this.#parts, this.#lane, { turnId, epoch });
  }

  async holdLease(turnId: TurnId, epoch: number): Promise<'held' | 'cancelled' | 'lease_lost'> {
    return await holdLease(this.#parts, this.#lane, { turnId, epoch });
  }

  async authorizeHostCall(request: HostCallRequest): Promise<Result<HostCallGrant, Denial>> {
    if (!this.#exists()) return err(deny('dispatch', 'cancelled'));
    return await authorizeHostCall(this.#parts, this.#lane, request);
  }

  async authorityChanged(revision: number): Promise<void> {
    this.#parts.authorities.hear(revision);
    this.#parts.session.raiseRevision(revision);
  }

  override async alarm(): Promise<void> {
    await this.#parts.timers.alarm(this.#parts.now());
  }

  #exists(): boolean {
    return this.#parts.session.live() !== undefined;
  }

  /** A request for another session than this object's is a mistake that must not leave a trace. */
  #requireOwn({ sessionId, principal }: Pick<CreateSession, 'sessionId' | 'principal'>): void {
    if (this.ctx.id.name === sessionObjectName(principal.workspace, sessionId)) return;
    throw new Fault('internal', 'Cannot use the session: the request must name this object');
  }
}
