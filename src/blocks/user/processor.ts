/**
 * A block that behaves by itself processes its messages one after the other.
 *
 * The state, everything that a message leads to, and its removal are one transaction: a message is
 * processed once, however often it had to be tried. A behaviour that fails ends this life; the message
 * keeps count, and is dead-lettered when it has ended too many.
 *
 * @module
 */

import { bodyBytes } from '../../core/blocks/block-body.ts';
import type { Envelope } from '../../core/blocks/block-signal.ts';
import type { Authority } from '../../core/policy/authority.ts';
import type { StoredMessage } from '../kit/mailbox-store.ts';
import type { Behave, Processed } from './behavior.ts';
import { type BlockParts, transact } from './block-parts.ts';
import { deadLetter } from './dead-letters.ts';
import { endBlock } from './end-block.ts';
import type { BlockFacts } from './facts-store.ts';
import { crashOfCapability, findBlockObjection } from './may-act.ts';
import { findEffectObjection, performEffects } from './perform-effects.ts';
import type { StateStore } from './state-store.ts';

/** Lives that a message may end before it is set aside. */
export const MAX_ATTEMPTS = 3;

/** Timer that goes on where a lost object was. */
export const PROCESS_TIMER = 'process';

/** How soon after a loss, in milliseconds. */
const TAKE_UP_MS = 5_000;

const FAILED_MS = 1_000;

export interface Processing {
  readonly behave: Behave;
  readonly state: StateStore;
  /** The capability without which it must not begin. */
  readonly toNeed?: (authority: Authority | undefined) => string;
}

/** Gives the answer to a call from outside; `false` if nobody waits any more. */
export type Answer = (correlationId: string, envelope: Envelope) => boolean;

export class Processor {
  readonly #parts: BlockParts;
  readonly #choose: (facts: BlockFacts) => Processing | undefined;
  readonly #answer: Answer;
  #running: Promise<void> | undefined;

  constructor(
    parts: BlockParts,
    choose: (facts: BlockFacts) => Processing | undefined,
    answer: Answer,
  ) {
    this.#parts = parts;
    this.#choose = choose;
    this.#answer = answer;
  }

  /** After anything may have come into the mailbox. */
  wake(): void {
    if (this.#running === undefined && this.#next() !== undefined) this.#parts.defer(this.run());
  }

  /** Processes what there is, and resolves once nothing is left or it must be tried later. */
  run(): Promise<void> {
    this.#running ??= this.#runAll()
      .catch(() => this.#tryLater(FAILED_MS))
      .finally(() => {
        this.#running = undefined;
      });
    return this.#running;
  }

  async #runAll(): Promise<void> {
    for (let next = this.#next(); next !== undefined; next = this.#next()) {
      const { facts, message, processing } = next;
      if (!(await this.#mayBehave(facts, processing))) return;
      const processed = await processing.behave({ facts, message });
      if (this.#parts.facts.alive() === undefined) return;
      if (processed.kind === 'later') return this.#tryLater(processed.afterMs);
      await this.#commit(next, processed);
      this.#parts.flush();
    }
  }

  /** A block without what its behaviour needs ends; the message is left. */
  async #mayBehave(facts: BlockFacts, { toNeed }: Pick<Processing, 'toNeed'>): Promise<boolean> {
    if (toNeed === undefined) return true;
    const authority = await this.#parts.creatorAuthority(facts);
    const now = this.#parts.now();
    const capability = toNeed(authority);
    const reason = findBlockObjection(authority, facts, { capability, now });
    if (reason !== undefined) crashOfCapability(this.#parts, facts, { capability, reason });
    return reason === undefined && this.#parts.facts.alive() !== undefined;
  }

  /** The first message, if the block lives and behaves by itself. */
  #next() {
    const facts = this.#parts.facts.alive();
    if (facts === undefined || facts.isInheriting) return undefined;
    const processing = this.#choose(facts);
    if (processing === undefined) return undefined;
    const [head] = this.#parts.mailbox.heads();
    const message = head && this.#parts.mailbox.read(head.seq);
    if (message === undefined) return undefined;
    this.#armOnce();
    return { facts, message, processing };
  }

  async #commit(
    {
      facts,
      message,
      processing,
    }: { facts: BlockFacts; message: StoredMessage; processing: Processing },
    processed: Exclude<Processed, { readonly kind: 'later' }>,
  ): Promise<void> {
    const parts = this.#parts;
    if (processed.kind === 'crashed') {
      return transact(parts, () => crash(parts, message, processed.code));
    }
    const { effects, label, state } = processed;
    if (state !== undefined && bodyBytes(state) > facts.order.limits.stateBytes) {
      return transact(parts, () => crash(parts, message, 'state_too_large'));
    }
    const authority = effects.length === 0 ? undefined : await parts.creatorAuthority(facts);
    if (parts.facts.alive() === undefined) return;
    const objection = findEffectObjection(effects, facts, { authority, now: parts.now() });
    if (objection !== undefined) {
      transact(parts, () => parts.mailbox.remove(message.seq));
      return crashOfCapability(parts, facts, objection);
    }
    transact(parts, () => {
      parts.mailbox.remove(message.seq);
      if (state !== undefined) processing.state.write(state, label);
      performEffects(parts, effects, { facts, message, label, answer: this.#answer });
    });
  }

  /** So that a message is taken up again should this object be lost over it. */
  #armOnce(): void {
    this.#parts.timers.setLatest(PROCESS_TIMER, this.#parts.now() + TAKE_UP_MS);
  }

  #tryLater(afterMs: number): void {
    this.#parts.timers.set(PROCESS_TIMER, this.#parts.now() + afterMs);
  }
}

/** Part of a transaction. */
function crash(parts: BlockParts, { seq }: StoredMessage, code: string): void {
  if (parts.mailbox.countAttempt(seq) >= MAX_ATTEMPTS) deadLetter(parts, seq, code);
  endBlock(parts, { crash: code });
}
