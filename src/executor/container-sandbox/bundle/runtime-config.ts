/**
 * Writes the `config.json` of one container (OCI runtime-spec 1.0.2): all that a plugin sees of
 * this machine.
 *
 * @module
 */

import type { SandboxOrder } from '../../sandbox.ts';
import { SECRETS_FOLDER } from '../../sandbox.ts';
import { pluginSeccomp } from '../oci-seccomp.ts';
import { PLUGIN_USER } from '../plugin-user.ts';

/**
 * First of the 65,536 host users to which those inside are mapped: above all that `systemd` and
 * `useradd` hand out, so that no file of the host belongs to one of them.
 */
export const FIRST_HOST_USER = 0x7000_0000;
const MAPPED_USERS = 65_536;

/** Whom a plugin's files belong to, as the host sees it. */
export const HOST_OWNER = {
  uid: FIRST_HOST_USER + PLUGIN_USER,
  gid: FIRST_HOST_USER + PLUGIN_USER,
};

export interface ContainerMounts {
  /** Folder that becomes `/`, read-only. */
  readonly root: string;
  /** From a folder in the container's own space to its place inside. */
  readonly writable: readonly { readonly from: string; readonly to: string }[];
  readonly secrets: string;
}

export interface ConfigParts {
  readonly mounts: ContainerMounts;
  readonly environment: readonly string[];
  /** Path of its control group, see `runtime-group.ts`. */
  readonly cgroup: string;
}

const NAMESPACES = ['pid', 'ipc', 'uts', 'mount', 'cgroup', 'user'];

/** Of the kernel as a whole, or about all processes. */
const MASKED = [
  ...['/proc/acpi', '/proc/asound', '/proc/interrupts', '/proc/kcore', '/proc/keys'],
  ...['/proc/latency_stats', '/proc/sched_debug', '/proc/scsi', '/proc/timer_list'],
  ...['/proc/timer_stats', '/sys/firmware'],
];
const READ_ONLY = ['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger'];

export function writeRuntimeConfig(order: SandboxOrder, parts: ConfigParts): object {
  const hasEgress = order.egress !== undefined;
  const mapping = [{ containerID: 0, hostID: FIRST_HOST_USER, size: MAPPED_USERS }];
  return {
    ociVersion: '1.0.2',
    process: writeProcess(order, parts.environment),
    root: { path: parts.mounts.root, readonly: true },
    hostname: 'sandbox',
    mounts: writeMounts(parts.mounts),
    linux: {
      // With egress the runtime keeps the network that has been made for it, and the proxy is in.
      namespaces: [...NAMESPACES, ...(hasEgress ? [] : ['network'])].map((type) => ({ type })),
      uidMappings: mapping,
      gidMappings: mapping,
      cgroupsPath: parts.cgroup,
      resources: { devices: [{ allow: false, access: 'rwm' }] },
      seccomp: pluginSeccomp(hasEgress ? 'tcp' : 'none'),
      rootfsPropagation: 'private',
      maskedPaths: MASKED,
      readonlyPaths: READ_ONLY,
    },
  };
}

function writeProcess({ argv, limits }: SandboxOrder, environment: readonly string[]): object {
  const limit = (type: string, value: number) => ({ type, soft: value, hard: value });
  return {
    terminal: false,
    user: { uid: PLUGIN_USER, gid: PLUGIN_USER },
    args: argv,
    env: environment,
    cwd: '/',
    capabilities: { bounding: [], effective: [], inheritable: [], permitted: [], ambient: [] },
    noNewPrivileges: true,
    rlimits: [
      limit('RLIMIT_NOFILE', limits.openFiles),
      limit('RLIMIT_FSIZE', limits.fileBytes),
      limit('RLIMIT_CPU', Math.ceil(limits.cpuMs / 1000)),
      limit('RLIMIT_CORE', 0),
    ],
  };
}

function writeMounts({ writable, secrets }: ContainerMounts): readonly object[] {
  const plain = ['nosuid', 'nodev', 'noexec'];
  return [
    { destination: '/proc', type: 'proc', source: 'proc', options: plain },
    {
      ...{ destination: '/dev', type: 'tmpfs', source: 'dev' },
      options: ['nosuid', 'noexec', 'mode=755', 'size=65536', 'ro'],
    },
    {
      ...{ destination: '/dev/shm', type: 'tmpfs', source: 'shm' },
      options: [...plain, 'mode=1777', 'size=1048576'],
    },
    ...writable.map(({ from, to }) => bind(from, to, ['rw', 'nosuid', 'nodev'])),
    bind(secrets, SECRETS_FOLDER, ['ro', ...plain]),
  ];
}

function bind(source: string, destination: string, options: readonly string[]): object {
  return { destination, type: 'bind', source, options: ['bind', ...options] };
}
