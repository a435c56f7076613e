/**
 * What turns that are under way may spend of their senders' budgets: a sender has several at once, in
 * several chats or by several accounts, and what one of them may spend no other one may.
 *
 * In memory alone: of turns that go on while this object is lost, nothing is held any more.
 *
 * @module
 */

import { leftOf, type Spend } from '../../core/policy/ledger.ts';

const NOTHING: Spend = { tokens: 0, costMicroUsd: 0 };

interface Held {
  readonly principal: string;
  readonly slice: Spend;
}

export class SenderSlices {
  /** By the number of the update. */
  readonly #held = new Map<number, Held>();

  /**
   * Holds what a turn may spend: of what is `left` of the budget, beside the principal's other turns, so
   * much as one turn may at `most`. `undefined` while the others hold all tokens or all money that is left.
   */
  hold(
    seq: number,
    principal: string,
    { left, most }: { readonly left: Spend; readonly most: Spend },
  ): Spend | undefined {
    this.release(seq);
    const others = [...this.#held.values()]
      .filter((held) => held.principal === principal)
      .reduce((sum, { slice }) => add(sum, slice), NOTHING);
    const free = leftOf(others, left);
    // A model that costs nothing needs no money.
    const isWithoutMoney = free.costMicroUsd === 0 && left.costMicroUsd > 0;
    if (free.tokens === 0 || isWithoutMoney) return undefined;
    const slice = {
      tokens: Math.min(free.tokens, most.tokens),
      costMicroUsd: Math.min(free.costMicroUsd, most.costMicroUsd),
    };
    this.#held.set(seq, { principal, slice });
    return slice;
  }

  /** The turn is over, was not begun, or waits for a human, who may take a day. */
  release(seq: number): void {
    this.#held.delete(seq);
  }
}

function add(a: Spend, b: Spend): Spend {
  return { tokens: a.tokens + b.tokens, costMicroUsd: a.costMicroUsd + b.costMicroUsd };
}
