/**
 * Whether a block may do something: by its own capabilities, by those of all above it, and by what its
 * creator may do now. If not, that ends it.
 *
 * @module
 */

import type { Authority } from '../../core/policy/authority.ts';
import { findObjection } from '../../core/policy/authorize.ts';
import { type BlockParts, record, transact } from './block-parts.ts';
import { endBlock } from './end-block.ts';
import type { BlockFacts } from './facts-store.ts';

/** Nothing if it may. Asked at every operation, so what was revoked ends with the next one. */
export function findBlockObjection(
  authority: Authority | undefined,
  { order }: BlockFacts,
  { capability, now }: { readonly capability: string; readonly now: number },
): string | undefined {
  if (authority === undefined) return 'principal_grant_missing';
  return findObjection(authority, { capability, now, block: order.capabilities });
}

/** As in the system that came before: who tries what it may not do ends, and all that are tied to it hear. */
export function crashOfCapability(
  parts: BlockParts,
  facts: BlockFacts,
  { capability, reason }: { readonly capability: string; readonly reason: string },
): void {
  transact(parts, () => {
    record(parts, facts.order.blockId, {
      action: 'block-denied',
      decision: 'denied',
      check: 'capability',
      reason,
      resource: capability,
      requestId: facts.order.requestId,
    });
    endBlock(parts, { crash: 'capability', capability });
  });
  parts.flush();
}
