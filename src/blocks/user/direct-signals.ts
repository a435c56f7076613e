/**
 * What is told to others at once, without a row of its own, since whoever said it waits until it was
 * heard: if this object is lost before, he hears of that, and nothing else depended on it.
 *
 * In memory only. Whatever could not be told is stored after all, and told by the alarm.
 *
 * @module
 */

import type { NumberedSignal } from '../../core/blocks/block-signal.ts';
import { fitCall } from '../kit/one-call.ts';
import { bodyOf } from '../kit/pair-store.ts';

export class DirectSignals {
  /** Made with the first: most blocks never have any, and an empty one takes memory, too. */
  #byPeer: Map<string, NumberedSignal[]> | undefined;

  /** In order, and after what was added before. */
  add(peer: string, signals: readonly NumberedSignal[]): void {
    this.#byPeer ??= new Map();
    const known = this.#byPeer.get(peer);
    if (known === undefined) this.#byPeer.set(peer, [...signals]);
    else known.push(...signals);
  }

  of(peer: string): readonly NumberedSignal[] {
    return this.#byPeer?.get(peer) ?? NOTHING;
  }

  /** Who has not heard all of it yet. */
  peers(): readonly string[] {
    return [...(this.#byPeer?.keys() ?? [])];
  }

  /** The peer has all up to this number, or they have been stored. */
  drop(peer: string, upTo: number): void {
    const left = this.of(peer).filter(({ seq }) => seq > upTo);
    if (left.length === 0) this.#byPeer?.delete(peer);
    else this.#byPeer?.set(peer, left);
  }
}

const NOTHING: readonly NumberedSignal[] = [];

/** The first of both, in order: what one call takes, as it was taken of each already. */
export function mergeSignals(
  a: readonly NumberedSignal[],
  b: readonly NumberedSignal[],
  limit: number,
): readonly NumberedSignal[] {
  const first = (signals: readonly NumberedSignal[]) => fitCall(signals, { limit, bodyOf });
  if (a.length === 0) return first(b);
  if (b.length === 0) return a;
  return first([...a, ...b].sort((one, other) => one.seq - other.seq));
}
