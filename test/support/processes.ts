/**
 * Processes as the system sees them: who lives, and who was started by whom.
 *
 * @module
 */

import { execFileSync } from 'node:child_process';

const POLL_MS = 20;

/** What was started by `root`, directly or not, and `root` itself. */
export function descendants(root: number): number[] {
  const parents = new Map(list().map(({ pid, parent }) => [pid, parent]));
  const isBelow = (pid: number): boolean => {
    for (let at: number | undefined = pid; at !== undefined; at = parents.get(at)) {
      if (at === root) return true;
    }
    return false;
  };
  return [...parents.keys()].filter(isBelow);
}

/** Those of them that still run. What has ended and waits to be collected does not. */
export function alive(pids: readonly number[]): number[] {
  const running = new Set(
    list()
      .filter(({ state }) => !state.startsWith('Z'))
      .map(({ pid }) => pid),
  );
  return pids.filter((pid) => running.has(pid));
}

/** Resolves with those that are left after `withinMs`: none, if all went well. */
export async function leftOver(pids: readonly number[], withinMs: number): Promise<number[]> {
  for (const giveUpAt = Date.now() + withinMs; ; ) {
    const left = alive(pids);
    if (left.length === 0 || Date.now() > giveUpAt) return left;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

function list(): { pid: number; parent: number; state: string }[] {
  const lines = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,stat='], { encoding: 'utf8' });
  return lines
    .trim()
    .split('\n')
    .map((line) => {
      const [pid, parent, state] = line.trim().split(/\s+/);
      return { pid: Number(pid), parent: Number(parent), state: state ?? '' };
    });
}
