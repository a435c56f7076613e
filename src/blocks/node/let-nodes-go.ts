/**
 * Has nodes end what they keep from earlier calls: servers of plugins, which may go on at will between two
 * calls. One whose connection is lost does so by itself.
 *
 * @module
 */

import { send } from './connections.ts';
import type { NodeParts } from './node-parts.ts';

export function letNodesGo({ nodes, connections }: NodeParts): void {
  for (const { id, offer } of nodes.all()) {
    const socket = offer?.letsGo === true ? connections.of(id) : undefined;
    if (socket !== undefined) send(socket, { kind: 'let-go' });
  }
}
