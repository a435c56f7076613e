// Waits for a gateway that was just started.

import { LISTENING } from './listen-port.mjs';

const UP_WITHIN_MS = 60_000;
const POLL_MS = 30;
const ANNOUNCEMENT = new RegExp(`^${LISTENING}(\\S+?)/?$`, 'm');

/** Resolves once it answers; rejects when it takes too long, or when the signal says so. */
export async function untilHealthy(url, signal) {
  for (const giveUpAt = Date.now() + UP_WITHIN_MS; Date.now() < giveUpAt; ) {
    signal?.throwIfAborted();
    const healthy = await fetch(`${url}/health`, { signal: AbortSignal.timeout(2_000) }).then(
      (response) => response.ok,
      () => false,
    );
    if (healthy) return;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  throw new Error(`no answer on /health within ${UP_WITHIN_MS / 1000} s`);
}

/**
 * The address that a gateway has announced, once it answers there; rejects as `untilHealthy` does.
 * `printed()` is all that it has printed so far.
 */
export async function untilAnnounced(printed, signal) {
  for (const giveUpAt = Date.now() + UP_WITHIN_MS; Date.now() < giveUpAt; ) {
    signal?.throwIfAborted();
    const url = ANNOUNCEMENT.exec(printed())?.[1];
    if (url !== undefined) return untilHealthy(url, signal).then(() => url);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  throw new Error(`no address within ${UP_WITHIN_MS / 1000} s`);
}
