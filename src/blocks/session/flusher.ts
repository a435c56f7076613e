/**
 * Sends what a session owes to others: audit events to the chain, settlements to the workspace. When
 * the session is deleted and owes nothing more, its storage is wiped.
 *
 * @module
 */

import type { TurnId } from '../../core/primitives/ids.ts';
import { APPROVALS_TIMER } from './change-approvals.ts';
import { HOLD_MS } from './held-slice.ts';
import { hasPlace, listIfNew } from './list-session.ts';
import { deleteConversation } from './schema.ts';
import type { SessionParts } from './session-parts.ts';
import type { SessionFacts } from './session-store.ts';
import { transact } from './transact.ts';
import { reservationOf } from './turn-reservation.ts';

/** How long things are collected after others were sent, in milliseconds. */
const COLLECT_MS = 250;

/** A session that owes nothing gives up its alarm when nothing goes on for this part of a lease. */
const REST_AFTER_LEASE = 1 / 8;

/** A running turn sends what it has decided at most this often; its end sends the rest. */
const IN_TURN_MS = 2_000;

/** Whether the index of approvals is still to be told something. */
function isOwed(timers: SessionParts['timers']): boolean {
  return timers.dueAt(APPROVALS_TIMER) !== undefined;
}

export class Flusher {
  readonly #parts: SessionParts;
  #running: Promise<void> | undefined;
  #again = false;
  /** Settlements on their way, or answered and not yet deleted, by reservation. */
  readonly #settling = new Map<TurnId, Promise<void>>();
  #unlisting: Promise<void> | undefined;
  #collecting: ReturnType<typeof setTimeout> | undefined;
  #holding: ReturnType<typeof setTimeout> | undefined;
  #resting: ReturnType<typeof setTimeout> | undefined;
  /** For the first time when a turn ends, or after a while. */
  #sentAt: number;

  constructor(parts: SessionParts) {
    this.#parts = parts;
    this.#sentAt = parts.now() - COLLECT_MS;
  }

  /**
   * Sends at once, without being waited for; but a busy session sends bundles, so what follows
   * something that was sent just now waits a moment. Failures are left to the timer.
   */
  promptly(when: 'now' | 'in-turn'): void {
    const sinceMs = this.#parts.now() - this.#sentAt;
    if (when === 'in-turn' && sinceMs < IN_TURN_MS) return;
    // The next turn may need what this one gives back: no bundles of these.
    this.#settleDue();
    if (this.#running === undefined && sinceMs >= COLLECT_MS) this.#deferred();
    else this.#collecting ??= setTimeout(() => this.#deferred(), COLLECT_MS);
  }

  /** Sends what there is, also what is added meanwhile. One at a time. */
  now(): Promise<void> {
    clearTimeout(this.#collecting);
    this.#collecting = undefined;
    this.#again = true;
    this.#running ??= this.#flush().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  /** The `expire` timer: deletes a session that was made for a while only, or for a turn that was refused. */
  async expire(): Promise<void> {
    const parts = this.#parts;
    parts.unwritten.write();
    const facts = parts.session.live()?.facts;
    // A live turn sets the timer again when it ends.
    if (facts === undefined || parts.turns.unended().length > 0) return;
    if (facts.ephemeralMs === undefined && parts.turns.count() > 0) return;
    this.deleteSession();
    await this.now();
  }

  /** Deletes the conversation at once, and the rest as soon as nothing is owed any more. */
  deleteSession(): void {
    const parts = this.#parts;
    transact(parts, () => {
      deleteConversation(parts.storage.sql);
      parts.session.markDeleted();
      parts.timers.clear('turn');
      parts.timers.set('flush', parts.now());
    });
    parts.changes.forgetMemory();
  }

  #deferred(): void {
    this.#parts.defer(this.now().catch(() => {}));
  }

  async #flush(): Promise<void> {
    while (this.#again) {
      this.#again = false;
      const facts = this.#parts.session.row()?.facts;
      if (facts === undefined) return;
      await this.#send(facts);
      this.#sentAt = this.#parts.now();
    }
  }

  async #send(facts: SessionFacts): Promise<void> {
    const { leaseMs, neighbours, now, outbox, settlements, session, timers } = this.#parts;
    this.#settleDue();
    const settled = [...this.#settling];
    await outbox.drain((firstSeq, events) => neighbours.appendAudit(facts, firstSeq, events));
    // Most often answered by now: then this and the drained outbox are one write to disk.
    const answers = await Promise.allSettled(settled.map(([, answer]) => answer));
    for (const [index, [reservation]] of settled.entries()) {
      this.#settling.delete(reservation);
      if (answers[index]?.status === 'fulfilled') settlements.delete(reservation);
    }
    const failed = answers.find(({ status }) => status === 'rejected');
    if (failed?.status === 'rejected') throw failed.reason;
    await listIfNew(this.#parts);
    if (this.#again || outbox.backlog().count > 0) return;
    const nextDueAt = settlements.nextDueAt((reservation) => this.#isHeld(reservation));
    if (nextDueAt !== undefined) timers.set('flush', nextDueAt);
    else if (!settlements.isEmpty()) timers.setLatest('flush', now() + leaseMs);
    else if (session.row()?.deleted !== true) this.#restLater();
    else if (!isOwed(timers)) await this.#wipe();
  }

  #restLater(): void {
    clearTimeout(this.#resting);
    this.#resting = setTimeout(() => this.#rest(), this.#parts.leaseMs * REST_AFTER_LEASE);
  }

  /** Else the alarm would wake an object that has left memory long ago, for nothing, at many times the cost. */
  #rest(): void {
    const { live, outbox, session, settlements, timers } = this.#parts;
    if (this.#running !== undefined || session.live() === undefined) return;
    if (live.holder() !== undefined || live.countQueued() > 0) return;
    if (outbox.isEmpty() && settlements.isEmpty()) {
      transact(this.#parts, () => timers.retire(['flush', 'turn']));
    }
  }

  /** Begins to send every settlement that is due and not on its way. */
  #settleDue(): void {
    const { defer, neighbours, now, session, settlements } = this.#parts;
    const workspace = session.row()?.facts.workspace;
    if (workspace === undefined || settlements.isEmpty()) return;
    for (const reservation of settlements.reservations()) {
      if (this.#settling.has(reservation)) continue;
      if (this.#isHeld(reservation)) {
        this.#settleHeldLater();
        continue;
      }
      const settlement = settlements.dueOf(reservation, now());
      if (settlement === undefined) continue;
      const answer = neighbours.settleTurn(workspace, settlement);
      this.#settling.set(reservation, answer);
      defer(answer.catch(() => {}));
    }
  }

  /** A slice that no further turn has asked for is settled a moment after it is held no longer. */
  #settleHeldLater(): void {
    this.#holding ??= setTimeout(() => {
      this.#holding = undefined;
      this.promptly('now');
    }, HOLD_MS + 1);
  }

  /** By memory, or by a turn that is still using it in an object that has lost its memory. */
  #isHeld(reservation: TurnId): boolean {
    const { held, live, now, session } = this.#parts;
    if (held.isHeld(reservation, now())) return true;
    const holder = session.live() && live.holder();
    // One that waits for a human gets another when it goes on.
    return holder?.row.status === 'running' && reservationOf(holder) === reservation;
  }

  /** Takes a session that is being deleted from the list. */
  unlist(): Promise<void> {
    this.#unlisting ??= this.#unlist().catch((thrown: unknown) => {
      this.#unlisting = undefined;
      throw thrown;
    });
    return this.#unlisting;
  }

  async #unlist(): Promise<void> {
    const facts = this.#parts.session.row()?.facts;
    if (facts === undefined || !hasPlace(facts)) return;
    await this.#parts.neighbours.unlistSession(facts.workspace, facts.id);
  }

  async #wipe(): Promise<void> {
    const { changes, outbox, settlements, storage } = this.#parts;
    await this.unlist();
    // A stopped run may have spoken meanwhile, and is heard first.
    this.#again = outbox.backlog().count > 0 || !settlements.isEmpty();
    if (this.#again) return;
    this.#unlisting = undefined;
    await storage.deleteAll();
    changes.forgetAll();
  }
}
