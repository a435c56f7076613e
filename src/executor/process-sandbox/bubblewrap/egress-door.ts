/**
 * The way out of a bubblewrap: a helper can enter since the network is made by an outer bubblewrap,
 * around the one that confines, and before the plugin runs.
 *
 * @module
 */

import { readFileSync } from 'node:fs';
import type { Server } from 'node:net';
import { openEgressDoor } from '../../egress-proxy/egress-door.ts';
import { optionText } from './bwrap-options.ts';

/** For bubblewrap: a network of its own, and everything else as it is. */
export const NETWORK_OPTIONS = optionText([
  '--unshare-user',
  '--unshare-net',
  '--die-with-parent',
  ...['--dev-bind', '/', '/'],
]);

/**
 * Opens the port in the network that the bubblewrap with {@link NETWORK_OPTIONS} made.
 *
 * @throws Fault `tier_unavailable`
 */
export function openDoorIn(outerPid: number, proxySocket: string): Promise<Server> {
  return openEgressDoor({ pid: innerPid(outerPid), proxySocket, asItsUser: true });
}

/** The inner bubblewrap is the only child of the outer one. */
function innerPid(outerPid: number): number {
  return Number(readFileSync(`/proc/${outerPid}/task/${outerPid}/children`, 'utf8'));
}
