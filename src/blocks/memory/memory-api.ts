/**
 * What the memory of a workspace answers over RPC; `memory-client.ts` is the way to it.
 *
 * An *owner* is a principal by its name, `user:alice`. Nothing that is done for one owner shows, or
 * changes, what is another's.
 *
 * @module
 */

import type { NamedActor } from '../../core/audit/named-actor.ts';
import type { Memory, MemoryDraft, MemorySource } from '../../core/memory/memory.ts';
import type { Label } from '../../core/policy/labels.ts';
import type { SummaryWish } from './summary-wish-store.ts';

/** Made by a model outside, as it is kept: see `packed-vector.ts`. */
export interface TextVector {
  readonly model: string;
  readonly vector: Uint8Array;
}

export interface RememberOrder {
  readonly owner: string;
  readonly draft: MemoryDraft;
  readonly source: MemorySource;
  /** Of all that may have shaped it. */
  readonly label: Label;
  /** Absent where there is none, or none yet. */
  readonly embedded?: TextVector;
  /** By whom the owner's notes are to be summarised; absent: by rule. */
  readonly wish?: SummaryWish;
}

/** `memory_full`: the owner's, or the workspace's. */
export type Remembered =
  | { readonly kind: 'remembered'; readonly id: string }
  | { readonly kind: 'refused'; readonly reason: 'memory_full' };

export interface RecallOrder {
  readonly owner: string;
  readonly query: string;
  readonly limit: number;
  readonly trustedOnly: boolean;
  /** Of the query: then what resembles it is found too. */
  readonly embedded?: TextVector;
}

/** A memory that has no vector of some model. */
export interface Unembedded {
  readonly id: string;
  readonly text: string;
}

export interface ForgetOrder {
  readonly owner: string;
  readonly id: string;
  /** Of all that may have shaped the wish to forget it. */
  readonly label: Label;
}

export interface MemoryApi {
  /** The same call remembers once. */
  remember(order: RememberOrder): Promise<Remembered>;
  /** The best first. */
  recall(order: RecallOrder): Promise<readonly Memory[]>;
  /** The newest first; a few at a time. */
  unembedded(owner: string, model: string): Promise<readonly Unembedded[]>;
  /** Ignored for memories that are gone. */
  keepVectors(
    owner: string,
    vectors: readonly ({ readonly id: string } & TextVector)[],
  ): Promise<void>;
  /** `not_allowed`: outsiders may have shaped the wish, and not what it is about. */
  forget(order: ForgetOrder): Promise<'forgotten' | 'not_found' | 'not_allowed'>;
  /** A part of all that the owner has, after the row with this number; `next` where there is more. */
  exportRows(
    actor: NamedActor,
    owner: string,
    after: number,
  ): Promise<{ readonly memories: readonly Memory[]; readonly next?: number }>;
  /** Deletes all that the owner has; tells how many rows. */
  erase(actor: NamedActor, owner: string): Promise<number>;
}
