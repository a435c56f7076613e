/**
 * Podman as an engine on a socket of its own, with everything it keeps below one folder.
 *
 * @module
 */

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { BuiltImage } from './busybox-image.ts';

export interface PodmanService {
  readonly socketPath: string;
  /** Runs the command line on the same containers. */
  podman(...args: readonly string[]): string;
  close(): Promise<void>;
}

/** Starts it with one image, under this name. */
export async function startPodman(
  folder: string,
  { layout }: BuiltImage,
  name: string,
): Promise<PodmanService> {
  mkdirSync(folder, { recursive: true });
  const options = [
    ...['--runtime', 'runc', '--cgroup-manager', 'cgroupfs', '--events-backend', 'none'],
    ...['--storage-driver', 'vfs', '--root', join(folder, 'root')],
    ...['--runroot', join(folder, 'run'), '--tmpdir', join(folder, 'tmp')],
  ];
  const podman = (...args: readonly string[]) =>
    execFileSync('podman', [...options, ...args], {
      cwd: dirname(layout),
      stdio: ['ignore', 'pipe', 'pipe'],
    }).toString();
  const id = podman('pull', '-q', 'oci:layout').trim(); // a path with capitals is no name
  podman('tag', id, name);

  const socketPath = join(folder, 'podman.sock');
  const service = spawn(
    'podman',
    [...options, 'system', 'service', '--time', '0', `unix://${socketPath}`],
    // It leaves a note where it runs when memory ends a container.
    { stdio: 'ignore', cwd: folder },
  );
  while (!existsSync(socketPath)) await wait(20);
  return {
    socketPath,
    podman,
    close: async () => {
      podman('rm', '--all', '--force', '--time', '0');
      await end(service);
    },
  };
}

async function end(service: ChildProcess): Promise<void> {
  const ended = new Promise((resolve) => service.once('exit', resolve));
  service.kill('SIGTERM');
  await ended;
}
