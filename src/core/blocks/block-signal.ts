/**
 * What blocks say to each other: one ordered stream for each pair and direction, messages and signals
 * alike. Only limits treat them apart.
 *
 * @module
 */

import type { Grant } from '../capabilities/grant.ts';
import type { Label } from '../policy/labels.ts';
import type { BlockId } from '../primitives/ids.ts';
import type { ExitReason } from '../supervision/exit-reason.ts';
import type { LinkSignal } from '../supervision/link-table.ts';
import type { BlockBody } from './block-body.ts';
import type { BlockBudget } from './block-budget.ts';
import type { Behavior } from './block-spec.ts';

/** What travels with a message. */
export interface Envelope {
  readonly messageId: string;
  /** Its sender gave the id himself: the same one again is the same message. */
  readonly hasOwnId?: true;
  readonly body: BlockBody;
  readonly label: Label;
  /** Of a call: the answer carries the same. */
  readonly correlationId?: string;
  /** The request that set it off, through however many blocks. */
  readonly traceId?: string;
}

/** One entry of a pair's stream. `ref`s are made by the block that monitors. */
export type BlockSignal<Order = unknown> =
  /** The first word of a parent: what the block is to be. */
  | { readonly kind: 'birth'; readonly order: Order }
  /** A child that is supervised: it is up. */
  | { readonly kind: 'born' }
  | { readonly kind: 'message'; readonly envelope: Envelope }
  /** The answer to a call; it goes to whoever waits, or is dropped and counted. */
  | { readonly kind: 'reply'; readonly envelope: Envelope }
  | { readonly kind: 'link'; readonly link: LinkSignal }
  /** `via: "link"`: the sender has ended. `via: "exit"`: it asks the receiver to. */
  | { readonly kind: 'exit'; readonly via: 'link' | 'exit'; readonly reason: ExitReason }
  /** To the directory: this name is the sender's, and was that of the life that it follows. */
  | { readonly kind: 'named'; readonly name: string; readonly replaces?: BlockId }
  /** To the directory: the sender has ended. */
  | { readonly kind: 'released' }
  | { readonly kind: 'monitor' | 'demonitor'; readonly ref: string }
  | {
      readonly kind: 'down';
      readonly ref: string;
      readonly reason: ExitReason;
      /** To its parent, or whoever stands for it: what was not used up, and whom it leaves behind. */
      readonly estate?: Estate;
    }
  /** From above: nothing below the sender holds more than this any more. */
  | { readonly kind: 'bounds'; readonly grants: readonly Grant[] }
  /** To its supervisor: what its next life is to begin with. */
  | {
      readonly kind: 'changed';
      readonly behavior?: Behavior;
      readonly grants?: readonly Grant[];
    };

/** What a block leaves to the one above it. */
export interface Estate {
  readonly budget: BlockBudget;
  /** Blocks below it that may go on without it. */
  readonly wards: readonly BlockId[];
  /** It held some of its budget for a turn that is being ended: what is left of that comes as another estate. */
  readonly owes?: true;
  /** The last number that its mailbox has given; earlier versions do not say. */
  readonly lastSeq?: number;
}

/** Numbered from 1 without gaps for each pair and direction. */
export interface NumberedSignal {
  readonly seq: number;
  readonly signal: BlockSignal;
}

/** What became of a message that another block sent. Signals have no answer of their own. */
export type Acceptance =
  | { readonly kind: 'accepted'; readonly seq: number }
  /** `drop-new`: it was counted and dropped. */
  | { readonly kind: 'dropped' }
  | { readonly kind: 'mailbox-full' }
  /** Faster than the receiver's limit: it may be sent again then. */
  | { readonly kind: 'rate-limited'; readonly retryAfterMs: number }
  /** Too many ids of their senders' own are known: one may be taken then, and any without one now. */
  | { readonly kind: 'too-many-ids'; readonly retryAfterMs: number }
  /** Its id is known, of a message with another body. */
  | { readonly kind: 'other-body' }
  | { readonly kind: 'noproc' };
