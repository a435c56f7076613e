/**
 * Tells other blocks what this one has said to them, in order, until they have it.
 *
 * What was heard is deleted with the next transaction that comes by, or with the next alarm: saying it
 * twice does no harm. A peer that cannot be reached is tried again by alarm.
 *
 * @module
 */

import type { BlockSignal, NumberedSignal } from '../../core/blocks/block-signal.ts';
import { Fault } from '../../core/errors/fault.ts';
import type { BlockId } from '../../core/primitives/ids.ts';
import { AwaitedAnswers } from './awaited-answers.ts';
import type { AcceptedStream } from './block-api.ts';
import { type BlockParts, sendSoon, transact } from './block-parts.ts';
import { DirectSignals, mergeSignals } from './direct-signals.ts';
import { hearNoproc } from './hear-signal.ts';

/** Most signals of one RPC. */
const MAX_SIGNALS = 100;

/** Reaches a peer; the directory is one, too. */
export type Tell = (peer: string, signals: readonly NumberedSignal[]) => Promise<AcceptedStream>;

export class Courier {
  /** What is answered to messages. */
  readonly answers: AwaitedAnswers;
  readonly #parts: BlockParts;
  readonly #tell: Tell;
  readonly #direct = new DirectSignals();
  readonly #underWay = new Map<string, Promise<void>>();

  constructor(parts: BlockParts, tell: Tell) {
    this.answers = new AwaitedAnswers(parts.now);
    this.#parts = parts;
    this.#tell = tell;
  }

  /** Begins to tell everybody to whom something was said. Failures are left to the alarm. */
  promptly(): void {
    if (!this.#parts.pairs.hasUnsent()) return;
    for (const peer of this.#parts.pairs.peersToTell()) {
      if (!this.#underWay.has(peer)) void this.tell(peer).catch(() => {});
    }
  }

  /**
   * Tells a peer at once, after all that was said to it before; answers the first of the numbers.
   * Whoever asks for this must wait for the answers: what was not heard when this object is lost is
   * lost with it.
   */
  tellDirectly(peer: string, signals: readonly BlockSignal[]): number {
    const { pairs } = this.#parts;
    const first = pairs.hasStock(peer, signals.length)
      ? pairs.take(peer, signals.length)
      : transact(this.#parts, () => pairs.take(peer, signals.length));
    this.#direct.add(
      peer,
      signals.map((signal, index) => ({ seq: first + index, signal })),
    );
    void this.tell(peer).catch(() => {});
    return first;
  }

  /**
   * Sends away who has waited long enough for an answer. What he said is stored before he takes it for
   * said: it may still be under way, and only in memory.
   */
  giveUp(): void {
    if (!this.answers.isOverdue()) return;
    for (const peer of this.#direct.peers()) this.#store(peer);
    this.answers.giveUp();
  }

  /** Tells everybody, and waits for it. Rejects if anyone could not be reached. */
  async everybody(): Promise<void> {
    const telling = this.#parts.pairs.peersToTell().map((peer) => this.tell(peer));
    const results = await Promise.allSettled(telling);
    const failed = results.find(({ status }) => status === 'rejected');
    if (failed?.status === 'rejected') throw failed.reason;
  }

  /** One at a time for each peer; the one that is under way tells what is said meanwhile, too. */
  tell(peer: string): Promise<void> {
    const underWay = this.#underWay.get(peer) ?? this.#tellAll(peer);
    // Over already if there was nothing to tell.
    if (this.#unheard(peer, 1).length > 0) this.#underWay.set(peer, underWay);
    return underWay;
  }

  #unheard(peer: string, limit: number): readonly NumberedSignal[] {
    return mergeSignals(this.#parts.pairs.unsent(peer, limit), this.#direct.of(peer), limit);
  }

  async #tellAll(peer: string): Promise<void> {
    try {
      for (;;) {
        const signals = this.#unheard(peer, MAX_SIGNALS);
        if (signals.length === 0) return;
        const answer = await this.#tell(peer, signals);
        if (answer.kind === 'noproc') this.#hearNoproc(peer, signals);
        else this.#settle(peer, signals, answer);
      }
    } catch (thrown) {
      this.#store(peer);
      throw thrown;
    } finally {
      this.#underWay.delete(peer);
    }
  }

  /** What could not be told is told by the alarm. */
  #store(peer: string): void {
    const signals = this.#direct.of(peer);
    const last = signals.at(-1);
    if (last === undefined) return;
    transact(this.#parts, () => {
      this.#parts.pairs.keep(peer, signals);
      sendSoon(this.#parts);
    });
    this.#direct.drop(peer, last.seq);
  }

  #settle(
    peer: string,
    signals: readonly NumberedSignal[],
    { upTo, answers }: Extract<AcceptedStream, { readonly kind: 'accepted' }>,
  ): void {
    const [first] = signals;
    if (first !== undefined && upTo < first.seq) {
      throw new Fault('internal', `Cannot tell a block number ${first.seq}: it has only ${upTo}`);
    }
    this.#forget(peer, upTo);
    for (const { seq } of signals) {
      if (seq <= upTo) this.answers.answer(peer, seq, answers[seq]);
    }
  }

  /** Nobody is there: it is over with what was said, and what follows from it is heard here. */
  #hearNoproc(peer: string, signals: readonly NumberedSignal[]): void {
    const parts = this.#parts;
    transact(parts, () => {
      for (const { signal } of signals) hearNoproc(parts, peer as BlockId, signal);
    });
    this.#forget(peer, signals.at(-1)?.seq ?? 0);
    for (const { seq } of signals) this.answers.answer(peer, seq, { kind: 'noproc' });
    parts.flush();
  }

  #forget(peer: string, upTo: number): void {
    this.#parts.pairs.forgetSent(peer, upTo);
    this.#direct.drop(peer, upTo);
  }
}
