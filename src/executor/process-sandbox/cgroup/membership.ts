/**
 * Where the control groups of this machine are, in which version, and which process is in which.
 *
 * @module
 */

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CGROUP_V1, CGROUP_V2, type CgroupLayout } from './cgroup-layout.ts';

export const CGROUP_MOUNT = '/sys/fs/cgroup';

/** Lists the members of a group, and takes a process in. */
export const MEMBERS_FILE = 'cgroup.procs';

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

/** None of a group that is gone. */
export function membersOf(folder: string): readonly number[] {
  const file = join(folder, MEMBERS_FILE);
  try {
    return readFileSync(file, 'utf8').split('\n').filter(Boolean).map(Number);
  } catch {
    return [];
  }
}
