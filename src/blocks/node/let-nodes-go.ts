/**
 * Has nodes end what they keep from earlier calls: servers of plugins, which may go on at will between two
 * calls. One whose connection is lost does so by itself.
 *
 * @module
 */

import { send } from './connections.ts';
import type { NodeParts } from './node-parts.ts';
import type { StoredNode } from './node-store.ts';

export function letNodesGo(parts: Pick<NodeParts, 'nodes' | 'connections'>): void {
  for (const node of parts.nodes.all()) letNodeGo(parts, node);
}

/** One of an earlier version is not told: it would not know what is meant. */
export function letNodeGo(
  { connections }: Pick<NodeParts, 'connections'>,
  { id, offer }: Pick<StoredNode, 'id' | 'offer'>,
): void {
  const socket = offer?.letsGo === true ? connections.of(id) : undefined;
  if (socket !== undefined) send(socket, { kind: 'let-go' });
}
