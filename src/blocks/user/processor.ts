/**
 * A block that behaves by itself processes its messages one after the other.
 *
 * A message is processed once, however often it had to be tried: see `commit-message.ts`. A behaviour
 * that fails ends this life; the message keeps count, and is dead-lettered when it has ended too many.
 *
 * @module
 */

import type { Envelope } from '../../core/blocks/block-signal.ts';
import type { Authority } from '../../core/policy/authority.ts';
import { NO_SPEND, type Spend } from '../../core/policy/ledger.ts';
import { mostSpendOf } from '../../core/policy/turn-limits.ts';
import type { Result } from '../../core/primitives/result.ts';
import type { StoredMessage } from '../kit/mailbox-store.ts';
import type { Behave } from './behavior.ts';
import type { BlockRefusal } from './block-api.ts';
import { type BlockParts, MAIL, transact } from './block-parts.ts';
import { commitMessage, failMessage } from './commit-message.ts';
import type { BlockFacts } from './facts-store.ts';
import { leaveRest } from './hear-estate.ts';
import { Interludes } from './interludes.ts';
import { crashOfCapability, findBlockObjection } from './may-act.ts';
import { FOR_HUMAN } from './program-end.ts';
import { holdForMessage, settleMessage } from './spend-budget.ts';
import type { StateStore } from './state-store.ts';
import { type Progress, WorkThrough } from './work-through.ts';

/** Timer that goes on where a lost object was. */
export const PROCESS_TIMER = 'process';

/** How soon after a loss, in milliseconds. */
const TAKE_UP_MS = 5_000;

export interface Processing {
  readonly behave: Behave;
  readonly state: StateStore;
  /** The capability without which it must not begin. */
  readonly toNeed?: (authority: Authority | undefined) => string;
}

/** Gives the answer to a call from outside; `false` if nobody waits any more. */
export type Answer = (correlationId: string, envelope: Envelope) => boolean;

/** What a processor says to others than its block. */
export interface Outside {
  readonly answer: Answer;
  /** Ends the turns of the behaviour. */
  readonly endTurns: (facts: BlockFacts) => Promise<void>;
}

interface Next {
  readonly facts: BlockFacts;
  readonly message: StoredMessage;
  readonly processing: Processing;
}

export class Processor {
  readonly #parts: BlockParts;
  readonly #choose: (facts: BlockFacts) => Processing | undefined;
  readonly #outside: Outside;
  readonly #interludes = new Interludes();
  readonly #messages: WorkThrough<Next>;

  constructor(
    parts: BlockParts,
    choose: (facts: BlockFacts) => Processing | undefined,
    outside: Outside,
  ) {
    this.#parts = parts;
    this.#choose = choose;
    this.#outside = outside;
    this.#messages = new WorkThrough(parts, {
      timer: PROCESS_TIMER,
      next: () => this.#next(),
      work: (next) => this.#takeInHand(next),
      end: outside.endTurns,
    });
  }

  /** After anything may have come into the mailbox. */
  wake(): void {
    this.#messages.wake();
  }

  /** The timer: goes on with what there is. */
  async ring(): Promise<void> {
    await this.#messages.ring();
    this.end();
  }

  /** The block is dead: what its behaviour is at ends too. */
  end(): void {
    const { facts, mailbox } = this.#parts;
    const dead = facts.alive() === undefined ? facts.read() : undefined;
    if (dead === undefined) return;
    const waits = mailbox.inHand === dead.held?.seq && this.#messages.running === undefined;
    this.#messages.end(() => this.#leaveRest(dead, waits));
  }

  /**
   * Of one that ended over a message. What a turn has used that waited for a human is known; one that was
   * stopped over a question to its model may still be told what that has cost, so it has used all.
   */
  async #leaveRest(dead: BlockFacts, hasTurn: boolean): Promise<void> {
    const parts = this.#parts;
    const held = parts.facts.read()?.held;
    if (held === undefined) return;
    const message = hasTurn ? parts.mailbox.read(held.seq) : undefined;
    const used = message && (await this.#askUsed(dead, message));
    transact(parts, () => leaveRest(parts, used));
    parts.flush();
  }

  /** After the message that is being processed, and before the next one: see `interludes.ts`. */
  async between<T>(task: () => Promise<T>, waitMs: number): Promise<T | undefined> {
    // What an earlier life of this object was at is seen to first.
    this.wake();
    try {
      return await this.#interludes.run({ busy: () => this.#messages.running, task, waitMs });
    } finally {
      this.wake();
    }
  }

  /**
   * Takes messages away without waiting for the one that is being processed: what the behaviour is at
   * ends, also if it waits for a human, and then the next one begins.
   */
  async replace<T>(
    task: () => Result<T, BlockRefusal>,
    waitMs: number,
  ): Promise<Result<T, BlockRefusal> | undefined> {
    const { facts, mailbox } = this.#parts;
    const replaceAll = async () => {
      const before = facts.alive();
      const paidFor = before?.held && mailbox.read(before.held.seq);
      const hasTurn = paidFor !== undefined && mailbox.inHand === paidFor.seq;
      const done = task();
      if (!done.ok || before === undefined) return done;
      await this.#messages.endPiece(before);
      mailbox.inHand = undefined;
      if (paidFor !== undefined) await this.#settleEnded(before, paidFor, hasTurn);
      return done;
    };
    return await this.#interludes.run({ busy: () => undefined, task: replaceAll, waitMs });
  }

  /**
   * Of a message whose turn was ended while nothing went on. Where nobody knows, it has used all: one that
   * may have no turn yet is not asked about, since that would begin it.
   */
  async #settleEnded(before: BlockFacts, message: StoredMessage, hasTurn: boolean): Promise<void> {
    const held = this.#parts.facts.alive()?.held;
    if (held?.seq !== message.seq) return;
    const used = hasTurn ? await this.#askUsed(before, message) : undefined;
    transact(this.#parts, () => settleMessage(this.#parts, message, used ?? held));
  }

  /** By the turn of a message, which has one, and has ended. */
  async #askUsed(facts: BlockFacts, message: StoredMessage): Promise<Spend | undefined> {
    const processing = this.#choose(facts);
    const ended = await processing?.behave({ facts, message }).catch(() => undefined);
    return ended !== undefined && 'used' in ended ? ended.used : undefined;
  }

  /**
   * Meanwhile it makes no room for others, as one that a consumer holds. What its turn has done already
   * must not be done again, so that holds while a human is waited for as well.
   */
  async #takeInHand(next: Next): Promise<Progress> {
    const { mailbox, waiters } = this.#parts;
    const { seq } = next.message;
    mailbox.inHand = seq;
    let progress: Progress | undefined;
    try {
      progress = await this.#process(next);
      return progress;
    } finally {
      mailbox.inHand = progress === FOR_HUMAN && mailbox.has(seq) ? seq : undefined;
      if (mailbox.inHand === undefined) waiters.wake(MAIL);
    }
  }

  async #process({ facts: before, message, processing }: Next): Promise<Progress> {
    const parts = this.#parts;
    const allowed = await this.#mayBehave(before, processing);
    if (allowed === undefined) return 'stop';
    const { facts, most } = allowed;
    if (!parts.mailbox.has(message.seq)) return 'next';
    const held = this.#hold(message, most);
    if (held === 'exhausted') {
      transact(parts, () => failMessage(parts, message, 'budget_exhausted'));
      parts.flush();
      return 'stop';
    }
    const processed = await processing.behave({ facts, message, ...(held && { ceiling: held }) });
    if (parts.facts.alive() === undefined) return 'stop';
    if (processed.kind === 'later') {
      // What a turn that waits has used, and may still use, is nobody else's meanwhile.
      if (processed !== FOR_HUMAN) transact(parts, () => settleMessage(parts, message, NO_SPEND));
      return processed;
    }
    const { state } = processing;
    await commitMessage(parts, { message, state, answer: this.#outside.answer }, processed);
    parts.flush();
    return 'next';
  }

  /**
   * The block as it is now, and most that one message may cost, where it may cost anything. A block
   * without what its behaviour needs ends, and the message is left.
   */
  async #mayBehave(
    before: BlockFacts,
    { toNeed }: Pick<Processing, 'toNeed'>,
  ): Promise<{ readonly facts: BlockFacts; readonly most?: Spend } | undefined> {
    if (toNeed === undefined) return { facts: before };
    const authority = await this.#parts.creatorAuthority(before);
    // It may have been narrowed, or have ended, while the workspace was asked.
    const facts = this.#parts.facts.alive();
    if (facts === undefined) return undefined;
    const capability = toNeed(authority);
    const reason = findBlockObjection(authority, facts, { capability, now: this.#parts.now() });
    if (reason !== undefined) {
      crashOfCapability(this.#parts, facts, { capability, reason });
      return undefined;
    }
    return { facts, ...(authority && { most: mostSpendOf(authority.policy.limits) }) };
  }

  #hold(message: StoredMessage, most: Spend | undefined): Spend | 'exhausted' | undefined {
    if (most === undefined) return undefined;
    return transact(this.#parts, () => holdForMessage(this.#parts, message, most));
  }

  /** The first message, if the block lives and behaves by itself. */
  #next(): Next | undefined {
    const facts = this.#parts.facts.alive();
    const isHeldUp = facts?.isInheriting === true || this.#interludes.isWanted;
    if (facts === undefined || isHeldUp) return undefined;
    const processing = this.#choose(facts);
    if (processing === undefined) return undefined;
    const [head] = this.#parts.mailbox.heads();
    const message = head && this.#parts.mailbox.read(head.seq);
    if (message === undefined) return undefined;
    this.#armOnce();
    return { facts, message, processing };
  }

  /** So that a message is taken up again should this object be lost over it. */
  #armOnce(): void {
    this.#parts.timers.setLatest(PROCESS_TIMER, this.#parts.now() + TAKE_UP_MS);
  }
}
