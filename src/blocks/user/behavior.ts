/**
 * How a block processes its messages by itself. Rivals: an agent's turn, a plugin's reducer.
 *
 * @module
 */

import type { Effect } from '../../core/blocks/effect.ts';
import type { Label } from '../../core/policy/labels.ts';
import type { Spend } from '../../core/policy/ledger.ts';
import type { StoredMessage } from '../kit/mailbox-store.ts';
import type { BlockFacts } from './facts-store.ts';

/** What came of a message. */
export type Processed =
  | {
      readonly kind: 'done';
      /** JSON; absent: as it was. */
      readonly state?: string;
      readonly effects: readonly Effect[];
      /** Of all that it made. */
      readonly label: Label;
      readonly used?: Spend;
    }
  /** The behaviour failed: that ends this life, and counts as an attempt. */
  | { readonly kind: 'crashed'; readonly code: string; readonly used?: Spend }
  /** It wanted to do what the block may not: that ends this life, and the message is gone. */
  | { readonly kind: 'lacking'; readonly capability: string; readonly reason: string }
  /** It could not be tried: again later, and nothing is counted. */
  | { readonly kind: 'later'; readonly afterMs: number };

export interface Behaving {
  readonly facts: BlockFacts;
  readonly message: StoredMessage;
  /** Most that it may use over this message; absent where the block's budget bounds neither. */
  readonly ceiling?: Spend;
}

/** Must bear to be asked again about the same message, and then give the same answer. */
export type Behave = (behaving: Behaving) => Promise<Processed>;
