/**
 * The network of a container of an engine: nothing, or the way out to its proxy alone. What the
 * engine was asked for is read back, since engines accept options and ignore them.
 *
 * @module
 */

import { existsSync, readFileSync } from 'node:fs';
import type { Server } from 'node:net';
import { Fault } from '../../../core/errors/fault.ts';
import { openEgressDoor } from '../../egress-proxy/egress-door.ts';
import { PROXY_PORT } from '../../egress-proxy/proxy-environment.ts';
import type { EngineContainer } from './engine-container.ts';

/** As `/proc/net/tcp` shows the port of the way out, on processors that store low bytes first. */
const DOOR = `0100007F:${PROXY_PORT.toString(16).toUpperCase().padStart(4, '0')}`;

/** Exits with 0 if the port is open where this runs. Needs a shell and nothing else of the image. */
const LOOK = `while read -r _ at _; do [ "$at" = ${DOOR} ] && exit 0; done </proc/net/tcp; exit 1`;

/** @throws Fault `tier_unavailable` when anything but itself can be reached from there. */
export function requireNoNetwork(pid: number): void {
  const [, ...routes] = readRows(pid, 'route');
  const leadsOut = readRows(pid, 'ipv6_route').some((row) => !/\slo$/.test(row));
  if (routes.length > 0 || leadsOut) throw refuse('the engine must give it no network');
}

/**
 * The way out of a container, to be closed when it has ended. Entered from outside: nothing of the
 * executor is mounted or copied into the container for it.
 *
 * @throws Fault `tier_unavailable`
 */
export async function openContainerDoor(
  container: EngineContainer,
  pid: number,
  proxySocket: string,
): Promise<Server> {
  const asItsUser = process.getuid?.() !== 0;
  const door = await openEgressDoor({ pid, proxySocket, asItsUser });
  try {
    if (await isSeenIn(container)) return door;
  } catch (error) {
    door.close();
    throw error;
  }
  door.close();
  throw refuse('its way out must be seen inside; gVisor has a network of its own');
}

/** A runtime may have a network of its own, behind the one that was entered. */
async function isSeenIn(container: EngineContainer): Promise<boolean> {
  const program = await container.run(['/bin/sh', '-c', LOOK]);
  program.stdout.resume();
  program.stderr.resume();
  program.stdin.end();
  return (await container.exitInTime(program)) === 0;
}

function readRows(pid: number, table: string): readonly string[] {
  const path = `/proc/${pid}/net/${table}`;
  return existsSync(path) ? readFileSync(path, 'utf8').split('\n').filter(Boolean) : [];
}

function refuse(problem: string): Fault {
  return new Fault('tier_unavailable', `Cannot run a container: ${problem}`);
}
