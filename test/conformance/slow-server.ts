/**
 * A server that takes a second for each answer: what a tool waits for whose progress is to be seen.
 *
 * @module
 */

import http from 'node:http';
import type { AddressInfo } from 'node:net';

const DELAY_MS = 1_000;

export interface SlowServer {
  readonly port: number;
  readonly close: () => void;
}

export async function startSlowServer(): Promise<SlowServer> {
  const server = http.createServer((_, response) => {
    setTimeout(() => response.end('late'), DELAY_MS);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { port: (server.address() as AddressInfo).port, close: () => server.close() };
}
