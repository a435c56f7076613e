/**
 * How an OCI runtime is led to a control group that has been made, and limited, for it.
 *
 * A runtime takes one path for all controllers. In version 1 the groups of this executor may lie
 * elsewhere in each controller's tree; so the runtime enters the parents of the groups first, and
 * is given a path from there. In version 2 there is one tree, and a parent must have no members.
 *
 * @module
 */

import { basename, dirname } from 'node:path';
import type { Cgroup } from '../../process-sandbox/cgroup/cgroup.ts';
import { CGROUP_MOUNT } from '../../process-sandbox/cgroup/membership.ts';

export interface RuntimeGroup {
  /** `cgroupsPath` of the runtime's configuration. */
  readonly path: string;
  /** Folders whose groups the runtime is to enter before it starts. */
  readonly enter: readonly string[];
}

export function runtimeGroup({ folders, version }: Cgroup): RuntimeGroup {
  const [folder = '', ...others] = new Set(Object.values(folders));
  if (version === 'v2') return { path: folder.slice(CGROUP_MOUNT.length), enter: [] };
  return { path: basename(folder), enter: [folder, ...others].map((path) => dirname(path)) };
}
