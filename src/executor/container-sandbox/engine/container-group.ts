/**
 * Finds the control group in which an engine has put a container, and makes sure that it holds
 * what the engine was asked for: engines accept limits and ignore them (rootless Podman on control
 * groups of version 1 does).
 *
 * @module
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Fault } from '../../../core/errors/fault.ts';
import { Cgroup } from '../../process-sandbox/cgroup/cgroup.ts';
import type { CgroupFile, CgroupLayout } from '../../process-sandbox/cgroup/cgroup-layout.ts';
import {
  CGROUP_MOUNT,
  findLayout,
  readMembership,
} from '../../process-sandbox/cgroup/membership.ts';
import type { WatchedGroup } from '../../process-sandbox/supervise.ts';
import type { SandboxLimits } from '../../sandbox-limits.ts';
import type { EngineContainer } from './engine-container.ts';

/** The user namespace of a process that has none of its own. */
const NOT_MAPPED = /^\s*0\s+0\s+4294967295\s*$/;

/** @throws Fault `tier_unavailable` when a limit does not hold. */
export function findContainerGroup(pid: number, limits: SandboxLimits): Cgroup {
  const layout = findLayout(CGROUP_MOUNT);
  const paths = readMembership(pid);
  const folder = (controller: string): string => {
    const path = paths.get(layout.version === 'v2' ? '' : controller);
    if (path === undefined) throw refuse('its control groups must be found on this machine');
    return layout.version === 'v2'
      ? join(CGROUP_MOUNT, path)
      : join(CGROUP_MOUNT, controller, path);
  };
  const folders = { memory: folder('memory'), pids: folder('pids'), cpu: folder('cpuacct') };
  requireHeld(folders, layout, limits);
  return Cgroup.adopt({ layout, folders, home: folders });
}

/**
 * The group of a container as whoever watches over its program has it: members that this user may
 * not kill, as those of an engine of another user, are ended by their engine.
 */
export function watchedGroup(
  group: WatchedGroup,
  container: Pick<EngineContainer, 'remove'>,
): WatchedGroup {
  const empty = async () => {
    try {
      await group.empty();
    } catch {
      await container.remove();
      await group.empty();
    }
  };
  return { usage: () => group.usage(), empty };
}

/** Whether users of the container are users without rights on this machine. */
export function hasOwnUsers(pid: number): boolean {
  return !NOT_MAPPED.test(readFileSync(`/proc/${pid}/uid_map`, 'utf8'));
}

function requireHeld(
  folders: Cgroup['folders'],
  { memoryLimit, processLimit }: CgroupLayout,
  limits: SandboxLimits,
): void {
  const held = ({ controller, name }: CgroupFile) =>
    Number(readFileSync(join(folders[controller], name), 'utf8'));
  const isHeld = held(memoryLimit) <= limits.memoryBytes && held(processLimit) <= limits.processes;
  if (!isHeld) throw refuse('the engine must hold its limits');
}

function refuse(problem: string): Fault {
  return new Fault('tier_unavailable', `Cannot run a container: ${problem}`);
}
