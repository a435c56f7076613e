/**
 * Nodes whose clock is of another time. Such a one would refuse each ticket, or take one that is too old, so it
 * is sent nothing. What it has run counts all the same: it is let in to say how that ended, and then sent away.
 *
 * @module
 */

import { end } from './connections.ts';
import type { NodeParts } from './node-parts.ts';
import type { StoredNode, WrongClock } from './node-store.ts';

/** One that is still there comes again sooner, in milliseconds: it dials at least every 45 s. */
const SEEN_MS = 120_000;

/** Nothing for one that has not come for a while: it is away, and nobody knows what its clock says. */
export function wrongClockOf(
  { connections, now }: Pick<NodeParts, 'connections' | 'now'>,
  { id, wrongClock }: Pick<StoredNode, 'id' | 'wrongClock'>,
): WrongClock | undefined {
  if (wrongClock === undefined) return undefined;
  const isSeen = now() - (wrongClock.at ?? 0) < SEEN_MS;
  return isSeen || connections.of(id) !== undefined ? wrongClock : undefined;
}

/** Whether there is anything that it may say: calls of which only it knows how they ended. */
export function hasToTell({ calls }: Pick<NodeParts, 'calls'>, { id }: Pick<StoredNode, 'id'>) {
  return calls.count(id, 'sent') > 0;
}

/** Ends the connections of those that have said all that they had to. */
export function sendAway(parts: Pick<NodeParts, 'nodes' | 'calls' | 'connections'>): void {
  for (const node of parts.nodes.all()) {
    const { id, wrongClock } = node;
    if (wrongClock === undefined || hasToTell(parts, node)) continue;
    const socket = parts.connections.of(id);
    if (socket !== undefined) end(socket, 'clock', String(wrongClock.aheadMs));
  }
}
