// Starts a program again that has ended without being told to, such as one that was killed or has crashed.

/** How long it waits before the first start of a row, and most that it ever waits, in milliseconds. */
const FIRST_MS = 1_000;
const MAX_MS = 60_000;

/**
 * `start` answers as `spawnGuarded`, and `isMeant` whether an exit code is an end that is to stay. From
 * `keep()` on it is started again, after twice as long each time, and after `firstMs` once it has run for
 * `maxMs`. After `stop()` nothing is started any more.
 */
export function keepRunning(start, { isMeant, tell, firstMs = FIRST_MS, maxMs = MAX_MS }) {
  let child = start();
  let startedAt = Date.now();
  let waitMs = firstMs;
  let timer;
  let isStopped = false;

  async function keep() {
    const code = await child.exited;
    if (isStopped) return;
    if (isMeant(code)) return tell(`ended by itself (${code})`);
    if (Date.now() - startedAt >= maxMs) waitMs = firstMs;
    tell(`ended by itself (${code}); it is started again in ${waitMs / 1_000} s`);
    timer = setTimeout(again, waitMs);
    waitMs = Math.min(waitMs * 2, maxMs);
  }
  function again() {
    child = start();
    startedAt = Date.now();
    void keep();
  }
  async function stop() {
    isStopped = true;
    clearTimeout(timer);
    await child.stop();
  }
  return { exited: child.exited, keep: () => void keep(), stop };
}
