/**
 * What happens to a message that may not fit into the mailbox.
 *
 * @module
 */

import type { BlockLimits } from './block-limits.ts';

/** Messages that wait, without signals. */
export interface MailboxLoad {
  readonly depth: number;
  readonly bytes: number;
}

export type OverflowDecision =
  | 'accept'
  /** Told to the sender as a value. */
  | 'reject'
  /** Counted, and told to nobody. */
  | 'drop'
  /** Dead-letter the oldest message that is not leased, and ask again. */
  | 'make-room'
  /** The receiver ends with `{crash: "mailbox_overflow"}`. */
  | 'crash';

/** `canMakeRoom`: there is a message that is not leased. A body above the whole limit never fits. */
export function decideOverflow(
  limits: Pick<BlockLimits, 'messages' | 'bytes' | 'overflow'>,
  load: MailboxLoad,
  incoming: { readonly bytes: number; readonly canMakeRoom: boolean },
): OverflowDecision {
  if (incoming.bytes > limits.bytes) return 'reject';
  const fits = load.depth < limits.messages && load.bytes + incoming.bytes <= limits.bytes;
  if (fits) return 'accept';
  switch (limits.overflow) {
    case 'drop-new':
      return 'drop';
    case 'crash':
      return 'crash';
    case 'drop-old':
      return incoming.canMakeRoom ? 'make-room' : 'reject';
    default:
      return 'reject';
  }
}
