/**
 * The one way out of a sandbox: a port on its own loopback, answered by the executor, which passes
 * each connection on to the socket of the sandbox's proxy.
 *
 * Neither the proxy's socket nor a program that serves it is inside. A helper enters the network of
 * the sandbox and nothing else of it, opens the port, hands it to the executor and ends.
 *
 * @module
 */

import { spawn } from 'node:child_process';
import { readlinkSync } from 'node:fs';
import { connect, type Server, type Socket } from 'node:net';
import { pipeline } from 'node:stream';
import { Fault } from '../../core/errors/fault.ts';
import { startChild } from '../process-sandbox/start-child.ts';
import { PROXY_PORT } from './proxy-environment.ts';

export interface DoorPlan {
  /** A process in the network of the sandbox. */
  readonly pid: number;
  /** Where the sandbox's proxy listens. */
  readonly proxySocket: string;
  /**
   * Whether the helper becomes a user of the sandbox's first: whoever is not root may enter a network
   * only as the owner of its users.
   */
  readonly asItsUser: boolean;
}

const NSENTER = '/usr/bin/nsenter';
const OPEN_WITHIN_MS = 10_000;

/** Most connections of one sandbox at a time; the proxy has its own, narrower limit. */
const MAX_CONNECTIONS = 256;

const OWN_NETWORK = '/proc/self/ns/net';

/**
 * In plain JavaScript, given as text, so that whoever runs it needs to read no file of ours. It opens
 * nothing in the network of its argument, the executor's own.
 */
const HELPER = `process.on('disconnect', () => process.exit());
if (require('node:fs').readlinkSync('${OWN_NETWORK}') === process.argv[1]) process.exit(1);
const server = require('node:net').createServer();
server.listen(${PROXY_PORT}, '127.0.0.1', () =>
  process.send('open', server, () => process.exit()));`;

/** @throws Fault `tier_unavailable` */
export async function openEgressDoor(plan: DoorPlan): Promise<Server> {
  const server = await listenInside(plan);
  server.maxConnections = MAX_CONNECTIONS;
  server.on('connection', (inside: Socket) => {
    // Who has said all that he has to say is still answered.
    inside.allowHalfOpen = true;
    const outside = connect({ path: plan.proxySocket, allowHalfOpen: true });
    pipeline(inside, outside, ignore);
    pipeline(outside, inside, ignore);
  });
  return server;
}

/** What fails ends both sides. */
const ignore = (): void => undefined;

function listenInside({ pid, asItsUser }: DoorPlan): Promise<Server> {
  const { promise, resolve, reject } = Promise.withResolvers<Server>();
  const users = asItsUser ? ['--user', '--preserve-credentials'] : [];
  const enter = ['--target', String(pid), '--net', ...users];
  const open = [process.execPath, '--eval', HELPER, readlinkSync(OWN_NETWORK)];
  const stdio: ('ignore' | 'ipc')[] = ['ignore', 'ignore', 'ignore', 'ipc'];
  const { child: helper } = startChild('a way out', stdio, () =>
    spawn(NSENTER, [...enter, '--', ...open], {
      cwd: '/',
      env: {},
      stdio,
      timeout: OPEN_WITHIN_MS,
      killSignal: 'SIGKILL',
    }),
  );
  const fail = () => {
    const problem = `"${NSENTER}" must be able to enter the network of the sandbox`;
    reject(new Fault('tier_unavailable', `Cannot open a way out: ${problem}`));
  };
  helper.once('error', fail);
  // Not its exit, which may be heard before the port that it has handed over.
  helper.once('close', fail);
  helper.once('message', (_word, server) => resolve(server as Server));
  return promise;
}
