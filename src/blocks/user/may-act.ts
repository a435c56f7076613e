/**
 * Whether a block may do something: by its own capabilities, by those of all above it, and by what its
 * creator may do now. If not, that ends it.
 *
 * @module
 */

import type { Authority } from '../../core/policy/authority.ts';
import { findObjection } from '../../core/policy/authorize.ts';
import type { BirthOrder } from './block-api.ts';
import { type BlockParts, record, transact } from './block-parts.ts';
import { endBlock } from './end-block.ts';
import type { BlockFacts } from './facts-store.ts';
import { capabilitiesOf } from './present-facts.ts';

/** Nothing if it may. Asked at every operation, so what was revoked ends with the next one. */
export function findBlockObjection(
  authority: Authority | undefined,
  facts: BlockFacts,
  { capability, now }: { readonly capability: string; readonly now: number },
): string | undefined {
  if (authority === undefined) return 'principal_grant_missing';
  return findObjection(authority, { capability, now, block: capabilitiesOf(facts, now) });
}

/** As in the system that came before: who tries what it may not do ends, and all that are tied to it hear. */
export function crashOfCapability(
  parts: BlockParts,
  facts: BlockFacts,
  { capability, reason }: { readonly capability: string; readonly reason: string },
): void {
  transact(parts, () => crash(parts, facts.order, { capability, reason }));
  parts.flush();
}

/** Part of a transaction. */
export function crash(
  parts: BlockParts,
  { blockId, requestId }: Pick<BirthOrder, 'blockId' | 'requestId'>,
  { capability, reason }: { readonly capability: string; readonly reason: string },
): void {
  record(parts, blockId, {
    action: 'block-denied',
    decision: 'denied',
    check: 'capability',
    reason,
    resource: capability,
    requestId,
  });
  endBlock(parts, { crash: 'capability', capability });
}
