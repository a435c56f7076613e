/**
 * Where the processes above this one listen: the official tool tells its client one URL, and the gateway
 * is to reach the others, which have a port of their own each time. Needs the `/proc` of Linux.
 *
 * @module
 */

import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** A tool, its shell and this program, with some to spare. */
const GENERATIONS = 4;

const LISTENS = '0A';

export function portsAbove(): readonly number[] {
  const known = portsByInode();
  const ports = new Set<number>();
  let pid = process.ppid;
  for (let at = 0; at < GENERATIONS && pid > 1; at++) {
    for (const inode of socketsOf(pid)) {
      const port = known.get(inode);
      if (port !== undefined) ports.add(port);
    }
    pid = Number(/PPid:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
  }
  return [...ports];
}

function portsByInode(): ReadonlyMap<string, number> {
  const rows = ['/proc/net/tcp', '/proc/net/tcp6'].flatMap((file) =>
    readFileSync(file, 'utf8').split('\n').slice(1),
  );
  return new Map(
    rows.flatMap((row): [string, number][] => {
      const [, local = '', , state, , , , , , inode = ''] = row.trim().split(/\s+/);
      return state === LISTENS ? [[inode, Number.parseInt(local.split(':')[1] ?? '', 16)]] : [];
    }),
  );
}

function socketsOf(pid: number): readonly string[] {
  return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
    try {
      return /socket:\[(\d+)\]/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1] ?? [];
    } catch {
      return []; // closed meanwhile
    }
  });
}
