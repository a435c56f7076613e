/**
 * Where the control groups of this machine are, in which version, and in which of them a process is.
 *
 * @module
 */

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CGROUP_V1, CGROUP_V2, type CgroupLayout } from './cgroup-layout.ts';

export const CGROUP_MOUNT = '/sys/fs/cgroup';

export function findLayout(mount: string): CgroupLayout {
  return existsSync(join(mount, 'cgroup.controllers')) ? CGROUP_V2 : CGROUP_V1;
}

/** The groups of a process by controller; that of version 2 by the empty name. */
export function readMembership(pid: number): ReadonlyMap<string, string> {
  const rows = readFileSync(`/proc/${pid}/cgroup`, 'utf8').trim().split('\n');
  return new Map(
    rows.flatMap((row) => {
      const [, controllers = '', path = '/'] = row.split(':');
      return controllers.split(',').map((name): [string, string] => [name, path]);
    }),
  );
}
