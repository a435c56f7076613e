/**
 * The policy of the process tier for macOS: what `bubblewrap/bwrap-options.ts` says in mounts, said
 * in rules. There are no namespaces: a plugin sees that paths exist, and its scratch folder is one
 * of the host's.
 *
 * Not tried on hardware: nothing starts a sandbox with it yet.
 *
 * @module
 */

import type { HostPath } from '../../host-path.ts';
import type { SandboxOrder } from '../../sandbox.ts';
import { type Place, type Rule, writeProfile } from './profile.ts';

export interface MacSandbox {
  readonly order: Pick<SandboxOrder, 'plugin' | 'reads' | 'writes'>;
  /** Private to this sandbox; its working folder, `HOME` and `TMPDIR`. */
  readonly scratch: HostPath;
  /** Where programs that run plugins lie, such as Node's folder. */
  readonly runtimes: readonly HostPath[];
  /** On the loopback, where this sandbox's proxy listens; absent: no network. */
  readonly proxyPort?: number;
}

/** Programs, libraries and what the loader reads; nobody's data. */
const SYSTEM: readonly Place[] = [
  '/usr/lib',
  '/usr/bin',
  '/usr/share',
  '/bin',
  '/System/Library',
  '/Library/Apple',
  '/private/var/db/dyld',
  '/private/var/db/timezone',
].map(toFolder);

const DEVICES: readonly Place[] = ['/dev/null', '/dev/zero', '/dev/random', '/dev/urandom'].map(
  (path) => ({ kind: 'file', path }),
);

/** Data of people, and doors to other programs; denied even below a folder that is granted. */
const NEVER: readonly Place[] = [
  '/private/etc/master.passwd',
  '/private/var/db/dslocal',
  '/private/var/run',
  '/Library/Keychains',
].map(toFolder);

export function pluginProfile({ order, scratch, runtimes, proxyPort }: MacSandbox): string {
  const programs = [...SYSTEM, ...[...runtimes, ...own(order.plugin)].map(toFolder)];
  const reads = [...order.reads, ...order.writes].map(toFolder);
  const writes = [scratch, ...order.writes].map(toFolder);
  const rules: readonly Rule[] = [
    { effect: 'allow', operations: ['process-fork', 'sysctl-read'] },
    { effect: 'allow', operations: ['process-exec'], places: [...programs, toFolder(scratch)] },
    { effect: 'allow', operations: ['signal', 'process-info*'], target: 'same-sandbox' },
    { effect: 'allow', operations: ['file-read-metadata'] },
    { effect: 'allow', operations: ['file-read*'], places: [...programs, ...DEVICES, ...reads] },
    { effect: 'allow', operations: ['file-read*', 'file-write*'], places: writes },
    { effect: 'allow', operations: ['file-write*', 'file-ioctl'], places: DEVICES },
    ...(proxyPort === undefined
      ? []
      : [{ effect: 'allow', operations: ['network-outbound'], port: proxyPort } as const]),
    { effect: 'deny', operations: ['file-read*', 'file-write*'], places: NEVER },
  ];
  return writeProfile(rules);
}

function own(plugin: HostPath | undefined): readonly HostPath[] {
  return plugin === undefined ? [] : [plugin];
}

/** A rule for a folder covers a single file too. */
function toFolder(path: string): Place {
  return { kind: 'folder', path };
}
