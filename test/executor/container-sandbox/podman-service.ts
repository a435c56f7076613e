/**
 * Podman as an engine on a socket of its own, with everything it keeps below one folder.
 *
 * @module
 */

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { BuiltImage } from './busybox-image.ts';

export interface EngineService {
  readonly socketPath: string;
  /** Runs the command line on the same containers. */
  command(...args: readonly string[]): string;
  close(): Promise<void>;
}

export interface PodmanRuntime {
  readonly name: 'runc' | 'crun' | 'runsc';
  /** Its options, without the dashes. */
  readonly flags?: readonly string[];
  /** Has it map the users of containers to those that the machine sets aside for them. */
  readonly mapsUsers?: boolean;
}

/** For a Podman that runs as root. */
function requireMappedUsers(): void {
  for (const file of ['/etc/subuid', '/etc/subgid']) {
    if (existsSync(file) && /^containers:/m.test(readFileSync(file, 'utf8'))) continue;
    throw new Error(
      `Cannot map users: ${file} must set some aside, as "containers:2000000000:1048576" does`,
    );
  }
}

/** The image that an engine starts with, under this name. */
export const IMAGE = 'localhost/busybox';

export async function startPodman(
  folder: string,
  { layout }: BuiltImage,
  { name, flags = [], mapsUsers = false }: PodmanRuntime = { name: 'runc' },
): Promise<EngineService> {
  if (mapsUsers) requireMappedUsers();
  mkdirSync(folder, { recursive: true });
  const settings = join(folder, 'containers.conf');
  writeFileSync(settings, mapsUsers ? '[containers]\nuserns = "auto"\n' : '');
  const env = { ...process.env, CONTAINERS_CONF: settings };
  const options = [
    ...['--runtime', name, ...flags.flatMap((flag) => ['--runtime-flag', flag])],
    ...['--cgroup-manager', 'cgroupfs', '--events-backend', 'none'],
    ...['--storage-driver', 'vfs', '--root', join(folder, 'root')],
    ...['--runroot', join(folder, 'run'), '--tmpdir', join(folder, 'tmp')],
  ];
  const command = (...args: readonly string[]) =>
    execFileSync('podman', [...options, ...args], {
      ...{ cwd: dirname(layout), env },
      stdio: ['ignore', 'pipe', 'pipe'],
    }).toString();
  const id = command('pull', '-q', 'oci:layout').trim(); // a path with capitals is no name
  command('tag', id, IMAGE);

  const socketPath = join(folder, 'podman.sock');
  const service = spawn(
    'podman',
    [...options, 'system', 'service', '--time', '0', `unix://${socketPath}`],
    // It leaves a note where it runs when memory ends a container.
    { stdio: 'ignore', cwd: folder, env },
  );
  while (!(await answers(socketPath))) await wait(20);
  return {
    socketPath,
    command,
    close: async () => {
      command('rm', '--all', '--force', '--time', '0');
      await end(service);
      endMonitors(folder);
    },
  };
}

/** The socket is there a moment before anybody listens to it. */
function answers(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(socketPath, () => socket.end(() => resolve(true)));
    socket.on('error', () => resolve(false));
  });
}

async function end(service: ChildProcess): Promise<void> {
  const ended = new Promise((resolve) => service.once('exit', resolve));
  service.kill('SIGTERM');
  await ended;
}

/** Podman leaves one behind for each program, for five minutes, and it writes below the folder then. */
function endMonitors(folder: string): void {
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const [program = '', ...args] = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
      const isOurs = args.some((arg) => arg.startsWith(`${folder}/`));
      if (program.endsWith('/conmon') && isOurs) process.kill(Number(pid), 'SIGKILL');
    } catch {
      // It has ended meanwhile.
    }
  }
}
