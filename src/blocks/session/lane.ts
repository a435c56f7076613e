/**
 * The lane of a session: one turn runs at a time, the others wait in the order of their admission.
 *
 * Whoever runs a turn holds a lease with an epoch. The lease is renewed by every word from the run;
 * when it lapses, or when the run is known to be lost, the next run gets a higher epoch and the
 * journal, and nothing that the old run writes is accepted any more.
 *
 * @module
 */

import type { Message } from '../../core/conversation/message.ts';
import type { Turn } from '../../core/conversation/turn.ts';
import type { Authority } from '../../core/policy/authority.ts';
import type { TurnId } from '../../core/primitives/ids.ts';
import { announce, type Failure, failTurn } from './end-turn.ts';
import type { LiveTurn } from './live-turns.ts';
import { liveSession, type SessionParts, topicOf } from './session-parts.ts';
import { record, transact, writeEntry } from './transact.ts';
import { turnEvent } from './turn-audit.ts';

/** A turn whose runs are lost more often than this fails. */
export const MAX_RESUMES = 5;

/** How long after the deadline the run itself may still say what has become of its calls. */
const LAST_WORDS_MS = 500;

/** What a turn starts with. */
export interface TurnStart {
  readonly input: readonly Message[];
  readonly authority: Authority;
}

export class Lane {
  readonly #parts: SessionParts;
  #advancing = false;

  constructor(parts: SessionParts) {
    this.#parts = parts;
  }

  /** Part of a transaction: gives the free lane to a queued turn. {@link launch} must follow it. */
  start(turn: LiveTurn, { input, authority }: TurnStart): void {
    const parts = this.#parts;
    const { row } = turn;
    row.status = 'running';
    row.deadlineAt = parts.now() + authority.policy.limits.maxDurationMs;
    this.#lease(turn, authority);
    parts.messages.append(input, { turn: row.seq });
    const { driver, id: turnId } = row.facts;
    const model = driver.kind === 'model' ? driver.model : driver.kind;
    writeEntry(parts, turn, { kind: 'turn-started', turnId, model });
    parts.turns.save(row);
    parts.live.begin(turn);
  }

  /** After the transaction: hands the turn to a run, and does not wait for it. */
  launch(turn: LiveTurn, authority: Authority): void {
    const parts = this.#parts;
    announce(parts, turn);
    const { epoch, facts } = turn.row;
    const lost = (): Promise<void> => this.#afterRun(facts.id, epoch);
    parts.defer(parts.startRun(this.#toTurn(turn, authority)).then(lost, lost));
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
    if (turn.row.status !== 'running') return;
    const now = parts.now();
    if (now >= turn.row.deadlineAt + LAST_WORDS_MS)
      return this.fail(turn, { code: 'deadline_exceeded' });
    if (now >= turn.row.leaseUntil) return await this.takeOver(turn);
    this.#watchAt(turn);
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
    present.first ??= newest;
    present.row.revision = present.first.revision;
    this.launch(present, present.first);
  }

  /** Ends a turn that has not ended, and lets the next one in. */
  fail(turn: LiveTurn, failure: Failure): void {
    failTurn(this.#parts, turn, failure);
    this.next();
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

  /** Gives the run another lease; the caller saves the turn's row. */
  renewLease({ row }: LiveTurn): void {
    row.leaseUntil = this.#parts.now() + this.#parts.leaseMs;
  }

  /** A run that is over while its turn is not has died, or has nothing more to say. */
  async #afterRun(id: TurnId, epoch: number): Promise<void> {
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
      this.start(turn, { input: parts.turns.takeInput(turn.row), authority });
    });
    this.launch(turn, authority);
    return false;
  }

  #firstWaiting(): LiveTurn | undefined {
    const { live, session } = this.#parts;
    if (session.live() === undefined || live.holder() !== undefined) return undefined;
    return live.firstQueued();
  }

  #lease(turn: LiveTurn, authority: Authority | undefined): void {
    turn.row.epoch = this.#parts.session.nextEpoch();
    if (authority !== undefined) {
      turn.first = authority;
      turn.row.revision = authority.revision;
    }
    this.renewLease(turn);
    this.#watchAt(turn);
  }

  #watchAt({ row }: LiveTurn): void {
    this.#parts.timers.setLatest('turn', Math.min(row.leaseUntil, row.deadlineAt + LAST_WORDS_MS));
  }

  #toTurn({ row, progress }: LiveTurn, authority: Authority): Turn {
    const { facts } = liveSession(this.#parts);
    const tornRound = progress.tornRound();
    return {
      turnId: row.facts.id,
      sessionId: facts.id,
      workspace: facts.workspace,
      requestId: row.facts.requestId,
      driver: row.facts.driver,
      history: this.#parts.messages.history(row.seq),
      authority,
      slice: row.facts.slice,
      epoch: row.epoch,
      deadlineAt: row.deadlineAt,
      journaled: progress.toJournaledRounds(),
      ...(tornRound !== undefined && { tornRound }),
    };
  }
}
