// Runs a program that must not outlive us, whichever way we are stopped.

import { spawn } from 'node:child_process';

const GRACE_MS = 5_000;

// The shell keeps a pipe from us open. When we die in any way, `kill -9` too, the pipe closes and
// the whole process group is killed.
const GUARD = 'exec 3<&0; (cat <&3 >/dev/null; kill -KILL 0) & exec "$@" </dev/null 3<&-';

/**
 * `exited` resolves with the exit code or signal; `stop()` asks, waits, then kills the group. The
 * program reads nothing from the terminal, and prints on it unless `onOutput` takes what it prints.
 */
export function spawnGuarded(command, args, { env = {}, graceMs = GRACE_MS, cwd, onOutput } = {}) {
  const output = onOutput === undefined ? 'inherit' : 'pipe';
  const child = spawn('/bin/sh', ['-c', GUARD, 'sh', command, ...args], {
    stdio: ['pipe', output, output],
    env: { ...process.env, ...env },
    detached: true, // a group of its own: Ctrl-C reaches only us, and we do the stopping
    cwd,
  });
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', onOutput);
  }
  const exited = new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => {
      child.stdin.destroy(); // what the program left behind goes with it, and so does the guard
      resolve(signal ?? code);
    });
  });
  const signalGroup = (signal) => {
    try {
      process.kill(-child.pid, signal);
    } catch {
      // Gone already.
    }
  };
  async function stop() {
    signalGroup('SIGTERM');
    await Promise.race([exited, new Promise((resolve) => setTimeout(resolve, graceMs).unref())]);
    signalGroup('SIGKILL');
    await exited;
  }
  return { exited, stop };
}
