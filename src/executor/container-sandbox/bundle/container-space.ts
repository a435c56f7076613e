/**
 * The place in which a container is put together: a mount namespace of its own that holds one
 * sized file system in memory, and in it the root, everything that can be written, and secrets.
 *
 * It is made by a process that waits for the executor's word before it becomes the OCI runtime.
 * All of it, the container included, lives in a PID namespace below that process: when the process
 * dies, or the executor does, the kernel ends them all, and the mounts go with them. Nothing of it
 * is ever on a disk.
 *
 * @module
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { type Duplex, PassThrough, type Readable, type Writable } from 'node:stream';
import { awaitReport } from '../../process-sandbox/await-report.ts';
import { ownerName } from '../../process-sandbox/owner-name.ts';
import { startChild } from '../../process-sandbox/start-child.ts';
import { HeldFolder } from '../files/held-folder.ts';

export interface SpacePlan {
  readonly id: string;
  /** Folder with the image's root. */
  readonly image: string;
  /** What the container may write, in bytes, all together. */
  readonly diskBytes: number;
  /** Socket of the proxy; absent: the runtime makes a network without anything in it. */
  readonly egress: string | undefined;
  /** Folders of control groups of version 1 that the process enters. */
  readonly groups: readonly string[];
  /** What the process becomes: the runtime and its arguments. */
  readonly command: readonly string[];
}

/** A space that is ready to be filled. */
export interface ContainerSpace {
  readonly child: ChildProcess;
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Root of the space, as seen from here. To be closed. */
  open(): HeldFolder;
  /** Lets the runtime start. */
  go(): void;
}

/**
 * Where the space is mounted, in its own mount namespace alone: the runtime's first process, which
 * is mapped to a user without rights, must be able to walk there. The container's list of mounts
 * shows this path instead of one that says where this executor keeps things.
 */
export const SPACE = '/media';

/** What the space needs itself, next to what is written into it: folders and mount points. */
const OWN_BYTES = 256 * 1024;

const WORDS = {
  what: 'a container',
  needs: {
    start: 'setpriv and unshare must be installed',
    report: 'its mounts, and with egress its network, must be possible here',
  },
} as const;

/**
 * The image's path is kept out of the options of the mount, which the container can read.
 * Descriptor 3 says that all is ready, and 4 waits for a living executor's word.
 */
const SCRIPT = `
set -eu
space=${SPACE} size=$1 image=$2 egress=$3 groups=$4
shift 4
IFS='
'
for group in $groups; do echo 0 >"$group/tasks"; done
mount -t tmpfs -o "size=$size,nr_inodes=32768,mode=0711,nodev,nosuid" space "$space"
cd "$space"
ln -s "$image" image
mkdir upper work root
mount -t overlay -o lowerdir=image,upperdir=upper,workdir=work overlay root
rm image
if [ -n "$egress" ]; then
  ip link set lo up
  socat -t 60 TCP-LISTEN:3128,bind=127.0.0.1,reuseaddr,fork,max-children=64 UNIX-CONNECT:"$egress" \\
    </dev/null >/dev/null 2>&1 3>&- 4>&- &
  until grep -q ' 0100007F:0C38 ' /proc/net/tcp; do :; done
fi
cd /
echo ready >&3
read -r go <&4
exec 3>&- 4<&-
exec "$@"
`;

/** @throws Fault `tier_unavailable`; then nothing of it is left. */
export async function openSpace(plan: SpacePlan): Promise<ContainerSpace> {
  const stdio = Array<'pipe'>(5).fill('pipe');
  const { child, streams } = startChild<Streams>(WORDS.what, stdio, () =>
    spawn('/usr/bin/setpriv', spaceCommand(plan), {
      cwd: '/',
      env: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' },
      stdio,
    }),
  );
  const [stdin, stdout, stderr, ready, gate] = streams;
  const held = stdout.pipe(new PassThrough()); // Node throws away what is unread when a child ends
  await awaitReport({ child, stderr, reports: ready, lines: 1, ...WORDS });
  return {
    child,
    stdin,
    stdout: held,
    stderr: stderr.pipe(new PassThrough()),
    open: () => HeldFolder.openSeenBy(child.pid!, SPACE),
    go: () => void gate.end('go\n'),
  };
}

type Streams = readonly [Writable, Readable, Readable, Duplex, Duplex];

function spaceCommand({ id, image, diskBytes, egress, groups, command }: SpacePlan): string[] {
  const namespaces = ['--mount', '--pid', '--mount-proc', '--propagation', 'private'];
  if (egress !== undefined) namespaces.push('--net');
  return [
    ...['--pdeathsig', 'KILL', '/usr/bin/unshare', ...namespaces, '--fork', '--kill-child'],
    ...['/bin/sh', '-c', SCRIPT, `${ownerName()}-${id}`],
    ...[String(diskBytes + OWN_BYTES), image, egress ?? '', groups.join('\n')],
    ...command,
  ];
}
