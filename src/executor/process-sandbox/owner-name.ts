/**
 * The name under which an executor marks what it starts, so that the next one can tell what a dead
 * executor left behind from what a living one runs.
 *
 * It holds the process id and, since those are used again, the time at which the process started.
 *
 * @module
 */

import { readFileSync } from 'node:fs';

const NAME = /sallyport-([0-9]+)-([0-9]+)/;

/** `sallyport-<process id>-<start in clock ticks since the machine started>` */
export function ownerName(): string {
  return `sallyport-${process.pid}-${startOf(process.pid)}`;
}

/** Whether the executor that a text names still runs; absent when it names none. */
export function isOwnerAlive(text: string): boolean | undefined {
  const [, pid, start] = NAME.exec(text) ?? [];
  return pid === undefined ? undefined : startOf(Number(pid)) === start;
}

/** Field 22 of `/proc/<pid>/stat`, counted from behind the name, which may hold anything. */
function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
}
