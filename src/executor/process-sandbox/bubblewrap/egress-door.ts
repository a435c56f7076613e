/**
 * The one way out of a sandbox: a port on its own loopback, answered by the executor, which passes
 * each connection on to the socket of the sandbox's proxy.
 *
 * Neither the proxy's socket nor a program that serves it is inside. A helper enters the network of
 * the sandbox before the plugin runs, opens the port, hands it to the executor and ends. It can
 * enter since the network is made by an outer bubblewrap, around the one that confines.
 *
 * @module
 */

import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { connect, type Server, type Socket } from 'node:net';
import { Fault } from '../../../core/errors/fault.ts';
import { PROXY_PORT } from '../../egress-proxy/proxy-environment.ts';
import { optionText } from './bwrap-options.ts';

const NSENTER = '/usr/bin/nsenter';
const OPEN_WITHIN_MS = 10_000;

/** Most connections of one sandbox at a time; the proxy has its own, narrower limit. */
const MAX_CONNECTIONS = 256;

/** In plain JavaScript, given as text, so that whoever runs it needs to read no file of ours. */
const HELPER = `process.on('disconnect', () => process.exit());
const server = require('node:net').createServer();
server.listen(${PROXY_PORT}, '127.0.0.1', () =>
  process.send('open', server, () => process.exit()));`;

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
export async function openEgressDoor(outerPid: number, proxySocket: string): Promise<Server> {
  const server = await listenInside(innerPid(outerPid));
  server.maxConnections = MAX_CONNECTIONS;
  server.on('connection', (inside: Socket) => {
    const outside = connect(proxySocket);
    const end = () => {
      inside.destroy();
      outside.destroy();
    };
    for (const side of [inside, outside]) side.on('error', end);
    inside.pipe(outside).pipe(inside);
  });
  return server;
}

/** The inner bubblewrap is the only child of the outer one. */
function innerPid(outerPid: number): string {
  return readFileSync(`/proc/${outerPid}/task/${outerPid}/children`, 'utf8').trim();
}

function listenInside(pid: string): Promise<Server> {
  const { promise, resolve, reject } = Promise.withResolvers<Server>();
  const enter = ['--target', pid, '--user', '--net', '--preserve-credentials'];
  const helper = spawn(NSENTER, [...enter, '--', process.execPath, '--eval', HELPER], {
    cwd: '/',
    env: {},
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    timeout: OPEN_WITHIN_MS,
    killSignal: 'SIGKILL',
  });
  const fail = () => {
    reject(new Fault('tier_unavailable', `Cannot open a way out: "${NSENTER}" must run`));
  };
  helper.once('error', fail);
  helper.once('exit', fail);
  helper.once('message', (_word, server) => resolve(server as Server));
  return promise;
}
