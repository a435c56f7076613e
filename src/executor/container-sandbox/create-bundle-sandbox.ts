/**
 * Finds out whether containers can be run on this machine by an OCI runtime alone.
 *
 * @module
 */

import { execFile } from 'node:child_process';
import { accessSync, constants, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { basename, isAbsolute, join } from 'node:path';
import { promisify } from 'node:util';
import { ok, type Result } from '../../core/primitives/result.ts';
import { CgroupTree } from '../process-sandbox/cgroup/cgroup-tree.ts';
import type { Sandbox } from '../sandbox.ts';
import type { LimitFact, SandboxFacts, SandboxUnavailable } from '../sandbox-facts.ts';
import type { SandboxLimits } from '../sandbox-limits.ts';
import { BundleSandbox } from './bundle/bundle-sandbox.ts';
import { FIRST_HOST_USER } from './bundle/runtime-config.ts';
import type { ImageStore } from './image/image-store.ts';
import { PLUGIN_USER } from './plugin-user.ts';
import { unavailable } from './unavailable.ts';

export interface BundleOptions {
  /** Absolute path of `runc` or `crun`; absent: the first that is found. */
  readonly runtime?: string;
  /** Where containers are put together; absolute, without links, for the executor alone. */
  readonly folder: string;
  readonly images: ImageStore;
}

const RUNTIMES = ['/usr/sbin/runc', '/usr/bin/runc', '/usr/local/sbin/runc', '/usr/bin/crun'];

/** What the driver starts besides the runtime. */
const TOOLS = ['/usr/bin/setpriv', '/usr/bin/unshare'];

/** What an order with egress needs besides. */
const TOOL_FOLDERS = ['/usr/sbin', '/usr/bin', '/sbin', '/bin'];
const EGRESS_TOOLS = ['socat', 'ip'];
const NO_EGRESS = 'Orders with egress need "socat" and "ip" (packages "socat" and "iproute2")';

const run = promisify(execFile);

/** An error says what is missing. */
export async function createBundleSandbox(
  options: BundleOptions,
): Promise<Result<Sandbox, SandboxUnavailable>> {
  if (process.getuid?.() !== 0) {
    return unavailable('the executor must be root; without root use rootless Podman');
  }
  const runtime = options.runtime ?? RUNTIMES.find((path) => existsSync(path));
  if (runtime === undefined) return unavailable('runc must be installed (package "runc")');
  if (!isAbsolute(runtime)) {
    return unavailable('its runtime must be an absolute path; gVisor needs driver = "engine"');
  }
  const missing = [runtime, ...TOOLS].find((path) => !isExecutable(path));
  if (missing !== undefined) return unavailable(`"${missing}" must be there`);
  const problem = await findRuntimeProblem(runtime);
  if (problem !== undefined) return unavailable(problem);
  const groups = CgroupTree.open();
  if (!groups.ok) return unavailable(groups.error);

  const { stdout } = await run(runtime, ['--version']);
  const engine = stdout.split('\n')[0]?.replace(' version', '') ?? runtime;
  const folder = join(options.folder, 'containers');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const facts = describe(engine, groups.value.layout.version);
  return ok(
    new BundleSandbox({ runtime, folder, images: options.images, groups: groups.value, facts }),
  );
}

/** Where version 2 of control groups is beside version 1, which controllers it has. */
const HYBRID_CONTROLLERS = '/sys/fs/cgroup/unified/cgroup.controllers';

/** Why a runtime that is there would start nothing here. */
async function findRuntimeProblem(runtime: string): Promise<string | undefined> {
  const help = await run(runtime, ['run', '--help']).catch(() => undefined);
  if (help?.stdout.includes('--keep') !== true) {
    return `"${runtime} run" must know "--keep", as runc does, and newer versions of crun`;
  }
  const isHybrid =
    existsSync(HYBRID_CONTROLLERS) && readFileSync(HYBRID_CONTROLLERS, 'utf8').trim() !== '';
  return basename(runtime) === 'crun' && isHybrid
    ? 'crun needs all controllers of control groups in one version'
    : undefined;
}

function describe(engine: string, version: string): SandboxFacts {
  const all = (by: string): LimitFact => ({ holds: 'sandbox', by });
  const limits: Record<keyof SandboxLimits, LimitFact> = {
    wallMs: all('timer of the executor'),
    cpuMs: { holds: 'watched', by: `cgroup ${version} cpu, RLIMIT_CPU for each process` },
    memoryBytes: all(`cgroup ${version} memory`),
    processes: all(`cgroup ${version} pids`),
    fileBytes: { holds: 'process', by: 'RLIMIT_FSIZE' },
    openFiles: { holds: 'process', by: 'RLIMIT_NOFILE' },
    diskBytes: all('size of the file system in memory that holds all it can write'),
    outputBytes: all('reader of its output'),
  };
  const hasTools = EGRESS_TOOLS.every((tool) =>
    TOOL_FOLDERS.some((folder) => isExecutable(join(folder, tool))),
  );
  const warnings = hasTools ? [] : [NO_EGRESS];
  const user = FIRST_HOST_USER + PLUGIN_USER;
  return { engine, runsAs: `uid ${user} in a user namespace of its own`, limits, warnings };
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
