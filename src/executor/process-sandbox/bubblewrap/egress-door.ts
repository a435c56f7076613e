/**
 * The way out of a bubblewrap: a helper can enter since the network is made by an outer bubblewrap,
 * around the one that confines, and before the plugin runs.
 *
 * @module
 */

import { readFileSync } from 'node:fs';
import type { Server } from 'node:net';
import { Fault } from '../../../core/errors/fault.ts';
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
export async function openDoorIn(outerPid: number, proxySocket: string): Promise<Server> {
  const pid = innerPid(outerPid);
  if (pid !== undefined) return await openEgressDoor({ pid, proxySocket, asItsUser: true });
  throw new Fault('tier_unavailable', 'Cannot open a way out: the sandbox must be there');
}

/** The inner bubblewrap is the only child of the outer one; nothing once one of them has ended. */
function innerPid(outerPid: number): number | undefined {
  try {
    const text = readFileSync(`/proc/${outerPid}/task/${outerPid}/children`, 'utf8');
    return Number(text) || undefined;
  } catch {
    return undefined;
  }
}
