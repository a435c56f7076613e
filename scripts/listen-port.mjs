// The port to serve on, on loopback.

import net from 'node:net';

export const HOST = '127.0.0.1';
const DEFAULT_PORT = '8787';
const LARGEST_PORT = 65_535;

export function readPort() {
  const text = process.env.PORT || DEFAULT_PORT;
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port >= 1 && port <= LARGEST_PORT) return port;
  throw new Error(`Cannot read PORT "${text}": it must be a whole number from 1 to 65535`);
}

/** Binds the port and lets it go again: what cannot be served is better said before the build. */
export async function requireFreePort(port) {
  const probe = net.createServer();
  const error = await new Promise((resolve) => {
    probe.once('error', resolve);
    probe.listen(port, HOST, () => probe.close(() => resolve(undefined)));
  });
  if (error === undefined) return;
  const reason =
    error.code === 'EADDRINUSE'
      ? 'another program listens there; stop it, or choose another port, as in: PORT=8788 npm start'
      : error.code;
  throw new Error(`Cannot listen on ${HOST}:${port}: ${reason}`);
}

/** A port that nobody listens on at the moment. */
export async function freePort() {
  const probe = net.createServer();
  await new Promise((resolve, reject) => {
    probe.once('error', reject);
    probe.listen(0, HOST, resolve);
  });
  const { port } = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  return port;
}
