// The port to serve on, on loopback.

import { randomInt } from 'node:crypto';
import net from 'node:net';

export const HOST = '127.0.0.1';
/** What a gateway that was asked to announce itself prints before its address. */
export const LISTENING = 'sallyport: listening on ';
const DEFAULT_PORT = '8787';
const LARGEST_PORT = 65_535;
/** Above 10080, the last port that `fetch` and browsers refuse to ask. */
export const LOWEST_CHOSEN_PORT = 10_081;
const HIGHEST_CHOSEN_PORT = 32_000;
const TRIES = 3;

export function readPort() {
  const text = process.env.PORT || DEFAULT_PORT;
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port >= 1 && port <= LARGEST_PORT) return port;
  throw new Error(`Cannot read PORT "${text}": it must be a whole number from 1 to 65535`);
}

/** Binds the port and lets it go again: what cannot be served is better said before the build. */
export async function requireFreePort(port) {
  const error = await findListenError(port);
  if (error === undefined) return requireAskedPort(port);
  const reason =
    error.code === 'EADDRINUSE'
      ? 'another program listens there; stop it, or choose another port, as in: PORT=8788 npm start'
      : error.code;
  throw new Error(`Cannot listen on ${HOST}:${port}: ${reason}`);
}

/** Nobody listens there: an attempt that is made at all fails at once, for another reason. */
async function requireAskedPort(port) {
  const reason = await fetch(`http://${HOST}:${port}`).catch(({ cause }) => cause?.message);
  if (reason !== 'bad port') return;
  throw new Error(
    `Cannot serve on port ${port}: fetch and browsers refuse to ask it; choose another, as in: PORT=8788 npm start`,
  );
}

function findListenError(port) {
  const probe = net.createServer();
  return new Promise((resolve) => {
    probe.once('error', resolve);
    probe.listen(port, HOST, () => probe.close(() => resolve(undefined)));
  });
}

/**
 * Serves on a port that nobody listens on. Between our look and its start another may take the
 * port: `serve(port)` rejects then, and is tried again on another one.
 */
export async function onFreePort(serve) {
  for (let triesLeft = TRIES; ; ) {
    triesLeft -= 1;
    try {
      return await serve(await freePort());
    } catch (error) {
      if (triesLeft === 0) throw error;
    }
  }
}

/** None of those that systems hand out by themselves, to connections too. */
export async function freePort() {
  for (;;) {
    const port = randomInt(LOWEST_CHOSEN_PORT, HIGHEST_CHOSEN_PORT);
    if ((await findListenError(port)) === undefined) return port;
  }
}
