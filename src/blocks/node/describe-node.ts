/**
 * A node as `GET /v1/nodes` shows it.
 *
 * @module
 */

import type { NodeDescription } from './node-api.ts';
import type { NodeParts } from './node-parts.ts';
import type { StoredNode } from './node-store.ts';
import { wrongClockOf } from './wrong-clock.ts';

export function describeNode(parts: NodeParts, node: StoredNode): NodeDescription {
  const { calls, connections } = parts;
  const { id, name, ceiling, approvedBy, approvedAt, enrolledAt, connectedAt, offer } = node;
  const lastSeenAt = Math.max(node.lastSeenAt ?? 0, connections.heartbeatAt(id) ?? 0);
  const wrongClock = wrongClockOf(parts, node);
  return {
    ...{ id, name, approvedBy, approvedAt },
    state: node.publicKey === undefined ? 'invited' : connections.stateOf(id),
    allow: ceiling.allow,
    deny: ceiling.deny,
    ...(enrolledAt !== undefined && { enrolledAt }),
    ...(connectedAt !== undefined && { connectedAt }),
    ...(lastSeenAt > 0 && { lastSeenAt }),
    ...(wrongClock && { clockAheadMs: wrongClock.aheadMs }),
    ...(offer && { version: offer.version, platform: offer.platform, slots: offer.slots }),
    plugins: offer?.plugins ?? [],
    running: calls.count(id, 'sent'),
    waiting: calls.count(id, 'waiting'),
  };
}
