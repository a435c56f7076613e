/**
 * What turns that are under way may spend of their senders' budgets: a sender has several at once, in
 * several chats or by several accounts, and what one of them may spend no other one may.
 *
 * In memory alone: of turns that go on while this object is lost, nothing is held any more.
 *
 * @module
 */

import { addSpend, leftOf, lesserOf, NO_SPEND, type Spend } from '../../core/policy/ledger.ts';

interface Held {
  readonly principal: string;
  readonly slice: Spend;
}

export class SenderSlices {
  /** By the number of the update. */
  readonly #held = new Map<number, Held>();

  /**
   * Holds what a turn may spend: of what is `left` of the budget so much as one turn may at `most`.
   * `undefined` while the principal's other turns hold some of that: with less it could fail of what they
   * do not spend in the end.
   */
  hold(
    seq: number,
    principal: string,
    { left, most }: { readonly left: Spend; readonly most: Spend },
  ): Spend | undefined {
    this.release(seq);
    const others = [...this.#held.values()]
      .filter((held) => held.principal === principal)
      .reduce((sum, { slice }) => addSpend(sum, slice), NO_SPEND);
    const slice = lesserOf(left, most);
    const free = leftOf(others, left);
    const isFree = free.tokens >= slice.tokens && free.costMicroUsd >= slice.costMicroUsd;
    if (!isFree) return undefined;
    this.#held.set(seq, { principal, slice });
    return slice;
  }

  /** The turn is over, was not begun, or waits for a human, who may take a day. */
  release(seq: number): void {
    this.#held.delete(seq);
  }
}
