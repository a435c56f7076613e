/**
 * Finds sandboxes whose executor is dead, by the mark in their command line, and ends them.
 *
 * There are none in practice: a sandbox dies with its executor, and one that had not begun to run
 * waits at its gate for an answer that never comes. This is the net below that.
 *
 * @module
 */

import { readdirSync, readFileSync } from 'node:fs';
import { isOwnerAlive } from './owner-name.ts';

/** Kills what carries the mark of a dead executor, and belongs to whoever runs this one. */
export function sweepLeftovers(): void {
  const processes = readdirSync('/proc').filter((name) => /^[0-9]+$/.test(name));
  for (const pid of processes) {
    if (isLeftover(pid)) {
      try {
        process.kill(Number(pid), 'SIGKILL');
      } catch {
        // It ended, or is another's.
      }
    }
  }
}

function isLeftover(pid: string): boolean {
  try {
    const [program = '', ...args] = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    const isSandbox = program.endsWith('/bwrap') || program.endsWith('/sh');
    return isSandbox && args.some((word) => isOwnerAlive(word) === false);
  } catch {
    return false;
  }
}
