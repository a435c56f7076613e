/**
 * Changes what an approved node may run at all. A ticket holds the ceiling that it was signed under,
 * so the change counts from the next ticket on, and what still waits under the old one ends; so does
 * what is kept from earlier calls.
 *
 * @module
 */

import type { NamedActor } from '../../core/audit/named-actor.ts';
import type { CapabilityRules } from '../../core/capabilities/capability-set.ts';
import { isWithin } from '../../core/capabilities/rules-within.ts';
import { letNodeGo } from './let-nodes-go.ts';
import type { NodeParts } from './node-parts.ts';
import type { StoredNode } from './node-store.ts';
import { abandonWaiting } from './run-calls.ts';

export function changeCeiling(
  parts: NodeParts,
  actor: NamedActor,
  { node, ceiling }: { readonly node: StoredNode; readonly ceiling: CapabilityRules },
): void {
  const { id, ceilingChanges = 0 } = node;
  const isWider = isWithin(node.ceiling, ceiling);
  parts.transact(() => {
    if (!isWider) abandonWaiting(parts, id);
    parts.nodes.put({ ...node, ceiling, ceilingChanges: ceilingChanges + 1 });
    parts.record({
      action: 'node-changed',
      decision: 'allowed',
      ...{ actor: actor.name, requestId: actor.requestId, node: id },
      reason: isWithin(ceiling, node.ceiling) ? 'narrowed' : 'widened',
    });
  });
  if (!isWider) letNodeGo(parts, node);
}
