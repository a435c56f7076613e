/**
 * What a block answers of itself and all below it.
 *
 * @module
 */

import type { Behavior } from '../../core/blocks/block-spec.ts';
import type { BlockId } from '../../core/primitives/ids.ts';

export interface BlockTree {
  readonly id: BlockId;
  readonly name?: string;
  readonly state: 'running' | 'waiting' | 'exited';
  readonly behavior: Behavior['kind'];
  readonly depth: number;
  /** How often its supervisor started it again. */
  readonly restarts: number;
  readonly children: readonly BlockTree[];
  /** Of a supervisor: those that it is to start, in that order. Absent where there are none. */
  readonly awaited?: readonly AwaitedChild[];
}

/** A child that does not live now. */
export interface AwaitedChild {
  readonly name: string;
  /** How often it was started again before. */
  readonly restarts: number;
  /** Not before then, epoch milliseconds; absent where nothing but its turn is waited for. */
  readonly startsAt?: number;
}
