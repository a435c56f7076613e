/**
 * Calls that are being signed for a node that was named to them, and count as its load until they come:
 * those that ask at the same moment are told different nodes, and each is taken where it was sent.
 *
 * In memory alone: a call whose node is forgotten is told one again.
 *
 * @module
 */

import type { NodeId } from '../../core/primitives/ids.ts';

/** How long a node is kept for a call that does not come, in milliseconds: to sign takes far less. */
const KEEP_MS = 5_000;

interface Signing {
  readonly node: NodeId;
  readonly until: number;
}

export class SigningCalls {
  /** In the order in which they were told. */
  readonly #calls = new Map<string, Signing>();

  tell(callKey: string, node: NodeId, now: number): void {
    this.#calls.delete(callKey);
    this.#calls.set(callKey, { node, until: now + KEEP_MS });
  }

  /** It has come, or does not any more. */
  forget(callKey: string): void {
    this.#calls.delete(callKey);
  }

  /** For which node a call is being signed. */
  nodeOf(callKey: string): NodeId | undefined {
    return this.#calls.get(callKey)?.node;
  }

  /** How many calls are being signed for each node, without that one. */
  countsWithout(callKey: string, now: number): ReadonlyMap<NodeId, number> {
    const counts = new Map<NodeId, number>();
    for (const [key, { node, until }] of this.#calls) {
      if (until <= now) this.#calls.delete(key);
      else if (key !== callKey) counts.set(node, (counts.get(node) ?? 0) + 1);
    }
    return counts;
  }
}
