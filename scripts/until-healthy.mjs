// Waits for a gateway that was just started.

const UP_WITHIN_MS = 60_000;
const POLL_MS = 30;

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
