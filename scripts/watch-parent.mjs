// Notices that the process that started us is gone, however it went: its child then has another
// parent.

const POLL_MS = 250;
const parent = process.ppid;

export function whenOrphaned(callback) {
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    callback();
  }, POLL_MS);
  timer.unref();
}
