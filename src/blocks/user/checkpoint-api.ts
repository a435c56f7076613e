/**
 * What is asked about checkpoints, and what one holds.
 *
 * @module
 */

import type { BlockBody } from '../../core/blocks/block-body.ts';
import type { BlockLimits } from '../../core/blocks/block-limits.ts';
import type { Behavior } from '../../core/blocks/block-spec.ts';
import type { Label } from '../../core/policy/labels.ts';
import type { BlockId } from '../../core/primitives/ids.ts';
import type { MessageFacts } from '../kit/mailbox-store.ts';

export type CheckpointAsk =
  | { readonly kind: 'take' }
  | { readonly kind: 'list' }
  /** `read`: for another block to begin with. `restore`: this one goes back. */
  | { readonly kind: 'read'; readonly id: string }
  | { readonly kind: 'restore'; readonly id: string }
  | { readonly kind: 'drop'; readonly id: string };

export type CheckpointAnswer =
  | { readonly kind: 'list'; readonly checkpoints: readonly CheckpointDescription[] }
  | { readonly kind: 'snapshot'; readonly snapshot: BlockSnapshot };

export interface CheckpointDescription {
  readonly id: string;
  /** Epoch milliseconds. */
  readonly at: number;
  /** Of its JSON. */
  readonly bytes: number;
}

/** No capabilities and no budget: those are given when it is restored. */
export interface BlockSnapshot {
  /** That the state is of, and which one of the block it was. */
  readonly behavior: Behavior;
  readonly version: number;
  readonly limits: BlockLimits;
  /** JSON. */
  readonly state?: { readonly text: string; readonly label: Label };
  readonly messages: readonly LeftMessage[];
}

export interface LeftMessage {
  readonly seq: number;
  readonly facts: MessageFacts;
  readonly body: BlockBody;
  readonly attempts: number;
}

/** Whose messages a life goes on with. */
export interface Inheritance {
  readonly from: BlockId;
  /** Which life it is. */
  readonly generation: number;
  /** The last number of the life before, unless that did not say it. */
  readonly lastSeq?: number;
}
