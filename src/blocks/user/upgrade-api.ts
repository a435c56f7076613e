/**
 * What is asked of a block that lives on as something else.
 *
 * @module
 */

import type { CapabilityEntry } from '../../core/blocks/block-grants.ts';
import type { Behavior } from '../../core/blocks/block-spec.ts';

export interface BlockUpgrade {
  readonly behavior: Behavior;
  /** A tool that makes the new state of the old: `{state, fromVersion, from}` in, `{state}` out. */
  readonly migrate?: string;
  readonly requestId: string;
}

export interface Upgraded {
  readonly version: number;
}

/** What the block holds now. */
export type Narrowed = readonly CapabilityEntry[];
