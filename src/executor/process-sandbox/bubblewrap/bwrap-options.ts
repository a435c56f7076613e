/**
 * What bubblewrap is told: all that is in a sandbox, and in which order it is put there.
 *
 * Namespaces are named one by one, since `--unshare-all` does without those that it cannot make.
 * The options go through a descriptor, never on the command line, which every program of the host
 * may read.
 *
 * @module
 */

import { SECRETS_FOLDER } from '../../sandbox.ts';

/** Something of the host, held by a descriptor that the sandbox inherits for its mounts. */
export interface HostMount {
  readonly descriptor: number;
  /** Where it is inside. */
  readonly path: string;
  readonly mode: 'read' | 'write';
}

/** A descriptor from which a secret is read to its end. */
export interface SecretMount {
  readonly descriptor: number;
  readonly name: string;
}

export interface SandboxLayout {
  /** Read-only parts of the host that every sandbox has. */
  readonly system: readonly SystemPart[];
  readonly mounts: readonly HostMount[];
  readonly secrets: readonly SecretMount[];
  readonly environment: Readonly<Record<string, string>>;
  /** `given`: bubblewrap runs in the network that the program is to have. */
  readonly network: 'none' | 'given';
  /** Of `/tmp` and of `/job`, each. */
  readonly privateBytes: number;
}

/** A folder of the host as it is, or a link that leads to one inside. */
export type SystemPart =
  | { readonly kind: 'folder'; readonly path: string }
  | { readonly kind: 'link'; readonly path: string; readonly target: string };

/** `nobody` on most systems. On the host it is whom the sandbox runs as. */
const INSIDE_UID = '65534';
const SHARED_MEMORY_BYTES = 1024 * 1024;

const CONFINEMENT = [
  '--unshare-user',
  '--unshare-ipc',
  '--unshare-pid',
  '--unshare-uts',
  '--unshare-cgroup',
  '--disable-userns',
  '--die-with-parent',
  '--new-session',
  ['--uid', INSIDE_UID],
  ['--gid', INSIDE_UID],
  ['--hostname', 'sandbox'],
  ['--cap-drop', 'ALL'],
  '--clearenv',
].flat();

export function bwrapOptions(layout: SandboxLayout): string {
  const options = [
    ...CONFINEMENT,
    ...(layout.network === 'none' ? ['--unshare-net'] : []),
    // Before what may lie in the host's folders of that name, such as a Node below its /tmp.
    ...privateFolder('/tmp', layout.privateBytes),
    ...privateFolder('/job', layout.privateBytes),
    ...layout.system.flatMap(systemOptions),
    ...['--dir', '/etc', '--proc', '/proc', '--ro-bind', '/proc/sys', '/proc/sys'],
    // Process 1 is bubblewrap: whoever writes its memory could make it outlive the executor.
    ...['--tmpfs', '/proc/1', '--remount-ro', '/proc/1'],
    ...['--dev', '/dev', ...privateFolder('/dev/shm', SHARED_MEMORY_BYTES), '--remount-ro', '/dev'],
    ...layout.mounts.toSorted(outerFirst).flatMap(mountOptions),
    ...layout.secrets.flatMap(secretOptions),
    ...['--chdir', '/job', '--remount-ro', '/'],
    ...Object.entries(layout.environment).flatMap(([name, value]) => ['--setenv', name, value]),
  ];
  return optionText(options);
}

/** As `--args` reads them. */
export function optionText(options: readonly string[]): string {
  return options.map((option) => `${option}\0`).join('');
}

function systemOptions(part: SystemPart): readonly string[] {
  return part.kind === 'folder'
    ? ['--ro-bind', part.path, part.path]
    : ['--symlink', part.target, part.path];
}

function privateFolder(path: string, bytes: number): readonly string[] {
  return ['--size', String(bytes), '--tmpfs', path];
}

function mountOptions({ descriptor, path, mode }: HostMount): readonly string[] {
  return [mode === 'write' ? '--bind-fd' : '--ro-bind-fd', String(descriptor), path];
}

function secretOptions({ descriptor, name }: SecretMount): readonly string[] {
  return ['--perms', '0400', '--ro-bind-data', String(descriptor), `${SECRETS_FOLDER}/${name}`];
}

/** What lies in another mount must be mounted after it. */
function outerFirst(a: HostMount, b: HostMount): number {
  return a.path.length - b.path.length;
}
