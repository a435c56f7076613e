/**
 * Writes what an engine is asked to create: all that a plugin sees of this machine.
 *
 * @module
 */

import { ownerName } from '../../process-sandbox/owner-name.ts';
import type { SandboxOrder } from '../../sandbox.ts';
import { SECRETS_FOLDER } from '../../sandbox.ts';
import { PLUGIN_USER } from '../plugin-user.ts';
import { heldLimits } from './held-limits.ts';

/** Marks containers with the executor that made them. */
export const OWNER_LABEL = 'sallyport-owner';

export interface BodyParts {
  /** The engine's own name of the image. */
  readonly image: string;
  /** Where copies of granted files go. */
  readonly folders: readonly string[];
  /** The value of `seccomp=`: the profile itself, or a path to it. */
  readonly seccomp: string;
  /** Another runtime than the engine's own, such as `runsc`. */
  readonly runtime: string | undefined;
}

/**
 * Needs nothing but a shell: keeps the container alive while programs run in it, one by one, and its
 * standard input is held open. That ends with the executor, and all of the container with it.
 */
const HOLD = ['/bin/sh', '-c', 'read -r _'];

export function writeContainerBody(order: SandboxOrder, parts: BodyParts): object {
  const limits = heldLimits(order.limits, parts.runtime);
  return {
    Image: parts.image,
    Entrypoint: HOLD,
    Cmd: [],
    ...{ AttachStdin: true, OpenStdin: true, StdinOnce: true },
    StopSignal: 'SIGKILL', // or Podman 5, told to remove it, lets it run for ten more seconds
    User: `${PLUGIN_USER}:${PLUGIN_USER}`,
    WorkingDir: '/',
    Labels: { [OWNER_LABEL]: ownerName() },
    HostConfig: {
      NetworkMode: 'none',
      IpcMode: 'private',
      ReadonlyRootfs: true,
      CapDrop: ['ALL'],
      SecurityOpt: ['no-new-privileges:true', `seccomp=${parts.seccomp}`],
      Memory: limits.memoryBytes,
      MemorySwap: limits.memoryBytes,
      PidsLimit: limits.processes,
      ShmSize: 1024 * 1024,
      Tmpfs: writeTmpfs(parts.folders, limits.diskBytes),
      Ulimits: [
        ulimit('nofile', limits.openFiles),
        ulimit('fsize', limits.fileBytes),
        ulimit('nproc', limits.processes),
        ulimit('core', 0),
      ],
      LogConfig: { Type: 'none' },
      ...(parts.runtime !== undefined && { Runtime: parts.runtime }),
    },
  };
}

/** Podman makes them without a size where the root is read-only, unless it is told how. */
const ENGINE_FOLDERS = ['/run', '/var/tmp'];

function writeTmpfs(folders: readonly string[], diskBytes: number): Record<string, string> {
  const options = 'rw,nosuid,nodev';
  const given = ['/tmp', SECRETS_FOLDER, ...folders];
  return Object.fromEntries([
    ...ENGINE_FOLDERS.map((folder) => [folder, `${options},mode=755,size=65536`]),
    ...given.map((folder) => [folder, `${options},mode=1777,size=${diskBytes}`]),
  ]);
}

function ulimit(name: string, value: number): object {
  return { Name: name, Soft: value, Hard: value };
}
