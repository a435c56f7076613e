/**
 * What an exit signal does to the block that it reaches.
 *
 * @module
 */

import type { ExitReason } from './exit-reason.ts';

export interface ExitSignal {
  readonly reason: ExitReason;
  /**
   * `link`: the sender has ended, and was linked. `exit`: the sender lives, and asks the receiver to
   * end. `owner`: the block itself, or its owner from outside.
   */
  readonly via: 'link' | 'exit' | 'owner';
}

export interface ExitReceiver {
  readonly trapsExits: boolean;
  /** Whether a link to the sender stands. One that was taken down carries no exit any more. */
  readonly isLinked: boolean;
}

export type ExitEffect =
  | { readonly kind: 'ignore' }
  /** Put into the mailbox as `{type: "exit", from, reason}`. */
  | { readonly kind: 'hear'; readonly reason: ExitReason }
  /** The receiver ends with this reason, and passes it on over its own links. */
  | { readonly kind: 'end'; readonly reason: ExitReason };

const IGNORE: ExitEffect = { kind: 'ignore' };

/** As in the Erlang reference manual, "Receiving Exit Signals". */
export function decideExit(signal: ExitSignal, receiver: ExitReceiver): ExitEffect {
  const { reason, via } = signal;
  if (via === 'owner') return { kind: 'end', reason: asKilled(reason) };
  if (via === 'link' && !receiver.isLinked) return IGNORE;
  // Only who is told to die cannot help it; a `kill` that comes over a link is a reason like others.
  if (via === 'exit' && reason === 'kill') return { kind: 'end', reason: 'killed' };
  if (receiver.trapsExits) return { kind: 'hear', reason };
  return reason === 'normal' ? IGNORE : { kind: 'end', reason };
}

function asKilled(reason: ExitReason): ExitReason {
  return reason === 'kill' ? 'killed' : reason;
}
