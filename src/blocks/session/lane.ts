/**
 * The lane of a session: one turn runs at a time, the others wait in the order of their admission.
 *
 * Whoever runs a turn holds a lease with an epoch. The lease is renewed by every word from the run;
 * when it lapses, or when the run is known to be lost, the next run gets a higher epoch and the
 * journal, and nothing that the old run writes is accepted any more.
 *
 * @module
 */

import type { Turn } from '../../core/conversation/turn.ts';
import type { Authority } from '../../core/policy/authority.ts';
import { asBegun } from '../../core/policy/newest-authority.ts';
import type { TurnId } from '../../core/primitives/ids.ts';
import { isFreeOfCost } from './choose-driver.ts';
import { announce, type Failure, failTurn } from './end-turn.ts';
import {
  endOutlivedCalls,
  endWithoutAuthority,
  grantsEndAt,
  hasOutlivedGrants,
} from './end-without-authority.ts';
import { type TurnStart, toDeadline, toTurn } from './hand-over.ts';
import type { LiveTurn } from './live-turns.ts';
import { type SessionParts, topicOf } from './session-parts.ts';
import { record, transact, writeEntries } from './transact.ts';
import { turnEvent } from './turn-audit.ts';
import { leaveShared } from './turn-reservation.ts';
import { WaitingTurn } from './waiting-turn.ts';

/** A turn whose runs are lost more often than this fails. */
export const MAX_RESUMES = 5;

/** How long after the deadline the run itself may still say what has become of its calls. */
const LAST_WORDS_MS = 500;

export class Lane {
  readonly #parts: SessionParts;
  #advancing = false;
  readonly #waking: WaitingTurn;
  /** Epochs of runs inside this object that are not over. */
  readonly #inside = new Set<number>();

  constructor(parts: SessionParts) {
    this.#parts = parts;
    this.#waking = new WaitingTurn(parts, {
      goOn: (turn, newest) => this.#goOn(turn, newest),
      fail: (turn, code) => this.fail(turn, { code }),
    });
  }

  /**
   * Part of a transaction: gives the free lane to a queued turn. The caller saves its row, and
   * {@link Lane.launch} must follow, unless its run has begun.
   */
  start(turn: LiveTurn, start: TurnStart): void {
    const parts = this.#parts;
    const { row } = turn;
    row.status = 'running';
    row.deadlineAt = toDeadline(start);
    this.#lease(turn, start.authority);
    parts.messages.append(start.input, { turn: row.seq, kind: 'input' });
    const { driver, id: turnId } = row.facts;
    const model = driver.kind === 'model' ? driver.model : driver.kind;
    writeEntries(parts, turn, [{ kind: 'turn-started', turnId, model }]);
    parts.live.begin(turn);
  }

  /** After the transaction: hands the turn to a run. */
  launch(turn: LiveTurn, authority: Authority): void {
    announce(this.#parts, turn);
    this.begin(toTurn(this.#parts, turn, authority));
  }

  /** Begins a run, and does not wait for it. */
  begin(turn: Turn): void {
    const parts = this.#parts;
    const isNewest = turn.authority.revision >= parts.authorities.newestRevision;
    if (isNewest || isFreeOfCost(turn.driver)) this.#run(turn);
    // Announced while this one was on its way here. If it cannot be fetched, the lease lapses.
    else parts.defer(this.#runIfAllowed(turn).catch(() => {}));
  }

  async #runIfAllowed(turn: Turn): Promise<void> {
    await this.endWithoutAuthority();
    if (this.holderAt(turn.turnId, turn.epoch) !== undefined) this.#run(turn);
  }

  #run(turn: Turn): void {
    const parts = this.#parts;
    const { isInside, over } = parts.startRun(turn);
    if (isInside) this.#inside.add(turn.epoch);
    const lost = (): Promise<void> => {
      this.#inside.delete(turn.epoch);
      return this.#afterRun(turn.turnId, turn.epoch);
    };
    parts.defer(over.then(lost, lost));
  }

  /** Starts the first turn that waits, if the lane is free. */
  async advance(): Promise<void> {
    if (this.#advancing) return;
    this.#advancing = true;
    try {
      while (await this.#startFirst());
    } finally {
      this.#advancing = false;
    }
  }

  /** The `turn` timer: looks after deadline and lease of the turn that has the lane. */
  async watch(): Promise<void> {
    const parts = this.#parts;
    if (parts.session.live() === undefined) return;
    const turn = parts.live.holder();
    if (turn === undefined) return await this.advance();
    if (turn.row.status === 'waiting') return await this.wake();
    const now = parts.now();
    if (now >= turn.row.deadlineAt + LAST_WORDS_MS)
      return this.fail(turn, { code: 'deadline_exceeded' });
    if (hasOutlivedGrants(parts, turn)) return this.fail(turn, { code: 'denied' });
    if (now >= turn.row.leaseUntil) {
      // Late is not lost: what runs in this very memory had no time on a busy processor.
      if (!this.#inside.has(turn.row.epoch)) return await this.takeOver(turn);
      transact(parts, () => this.renewLease(turn));
    }
    this.#watchAt(turn);
    await endOutlivedCalls(parts, turn);
  }

  /** Fences the present run off and starts another from the journal. */
  async takeOver(turn: LiveTurn): Promise<void> {
    const parts = this.#parts;
    const { row } = turn;
    if (row.resumes >= MAX_RESUMES) return this.fail(turn, { code: 'internal' });
    transact(parts, () => {
      row.resumes += 1;
      this.#lease(turn, turn.first);
      parts.turns.save(row);
      record(parts, [turnEvent(parts, turn, { action: 'turn-resumed', decision: 'observed' })]);
    });
    parts.waiters.wake(topicOf.stop(row.facts.id));
    const { epoch } = row;
    const newest = await parts.authorities.newest(
      row.facts.principal,
      parts.session.row()?.revision,
    );
    const present = this.holderAt(row.facts.id, epoch);
    if (present === undefined) return;
    if (newest === undefined) return this.fail(present, { code: 'denied' });
    // The first snapshot, as long as memory has it: within a turn authority only shrinks.
    present.first ??= asBegun(newest, present.row.revision);
    this.launch(present, present.first);
  }

  /** Part of a transaction: the run has nothing to do until a human has decided; its clock stops. */
  letGo(turn: LiveTurn): void {
    const { now, timers, turns } = this.#parts;
    const { row } = turn;
    row.status = 'waiting';
    row.leaseUntil = now();
    turns.save(row);
    leaveShared(this.#parts, turn);
    timers.clear('turn');
    this.wakeSoon(turn);
  }

  /** Part of a transaction: something may have been decided that the turn waits for. */
  wakeSoon({ row }: LiveTurn): void {
    if (row.status !== 'waiting') return;
    const { defer, now, timers } = this.#parts;
    // If it fails, or the object is lost before, the timer does it.
    timers.set('turn', now());
    defer(Promise.resolve().then(() => this.wake().catch(() => {})));
  }

  /** Gives a turn that waits back to a run, from the journal, if there is something for it to do. */
  wake(): Promise<void> {
    return this.#waking.wake();
  }

  #goOn(turn: LiveTurn, newest: Authority): void {
    const parts = this.#parts;
    const { row } = turn;
    transact(parts, () => {
      row.status = 'running';
      row.deadlineAt += parts.now() - row.leaseUntil;
      parts.session.raiseRevision(newest.revision);
      this.#lease(turn, turn.first);
      parts.turns.save(row);
    });
    turn.first ??= asBegun(newest, row.revision);
    this.launch(turn, turn.first);
  }

  /** Ends a turn that has not ended, and lets the next one in. */
  fail(turn: LiveTurn, failure: Failure): void {
    failTurn(this.#parts, turn, failure);
    this.next();
  }

  /** Ends the turn that runs if the newest authority does not let it go on. */
  async endWithoutAuthority(): Promise<void> {
    const end = (turn: LiveTurn): void => this.fail(turn, { code: 'denied' });
    const goesOn = await endWithoutAuthority(this.#parts, end);
    // Newer grants may end sooner.
    if (goesOn !== undefined) this.#watchAt(goesOn);
  }

  /** After a turn has ended: starts the next one, and sends what the turn leaves behind. */
  next(): void {
    const parts = this.#parts;
    parts.flush('now');
    // If this fails, the timer tries again.
    if (this.#firstWaiting() !== undefined) parts.defer(this.advance().catch(() => {}));
  }

  /** The running turn, if it is this one and no other run has taken it over. */
  holderAt(id: TurnId, epoch: number): LiveTurn | undefined {
    const turn = this.#parts.live.holder();
    if (turn?.row.facts.id !== id || turn.row.status !== 'running') return undefined;
    return turn.row.epoch === epoch ? turn : undefined;
  }

  /**
   * Part of a transaction: gives the run another lease. That is written only now and then, so a
   * crash may shorten it, by a third at most: then the next run comes sooner, and fences this one off.
   */
  renewLease({ row }: LiveTurn): void {
    const { leaseMs, now, turns } = this.#parts;
    row.leaseUntil = now() + leaseMs;
    if (row.leaseUntil - row.writtenLeaseUntil > leaseMs / 3) turns.save(row);
  }

  /** A run that is over while its turn is not has died, or has nothing more to say. */
  async #afterRun(id: TurnId, epoch: number): Promise<void> {
    this.#parts.unwritten.write();
    const turn = this.holderAt(id, epoch);
    if (turn === undefined) return;
    // If this fails, the timer does it when the lease lapses.
    await this.takeOver(turn).catch(() => {});
  }

  /** Whether to look for another turn to start. */
  async #startFirst(): Promise<boolean> {
    const parts = this.#parts;
    const first = this.#firstWaiting();
    if (first === undefined) return false;
    const { id, principal } = first.row.facts;
    const authority = await parts.authorities.newest(principal, parts.session.row()?.revision);
    const turn = this.#firstWaiting();
    if (turn?.row.facts.id !== id) return true;
    if (authority === undefined) {
      failTurn(parts, turn, { code: 'denied' });
      parts.flush('now');
      return true;
    }
    transact(parts, () => {
      const input = parts.turns.takeInput(turn.row);
      this.start(turn, { input, authority, at: parts.now() });
      parts.turns.save(turn.row);
    });
    this.launch(turn, authority);
    return false;
  }

  #firstWaiting(): LiveTurn | undefined {
    const { live, session } = this.#parts;
    if (session.live() === undefined || live.holder() !== undefined) return undefined;
    return live.firstQueued();
  }

  /** The caller saves the turn's row. */
  #lease(turn: LiveTurn, authority: Authority | undefined): void {
    const { leaseMs, now, turns } = this.#parts;
    turn.row.epoch = turns.nextEpoch();
    if (authority !== undefined) {
      turn.first = authority;
      turn.row.revision = authority.revision;
    }
    turn.row.leaseUntil = now() + leaseMs;
    this.#watchAt(turn);
  }

  #watchAt(turn: LiveTurn): void {
    const { leaseUntil, deadlineAt } = turn.row;
    const endsAt = Math.min(deadlineAt + LAST_WORDS_MS, grantsEndAt(this.#parts, turn));
    this.#parts.timers.setLatest('turn', Math.min(leaseUntil, endsAt));
  }
}
