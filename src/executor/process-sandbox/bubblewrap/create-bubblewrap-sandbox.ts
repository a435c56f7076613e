/**
 * Finds out what this Linux machine can hold a program to, and makes a sandbox of it, or says what
 * is missing.
 *
 * @module
 */

import { existsSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';
import { err, ok, type Result } from '../../../core/primitives/result.ts';
import type { Sandbox } from '../../sandbox.ts';
import type { LimitFact, SandboxFacts, SandboxUnavailable } from '../../sandbox-facts.ts';
import { DEFAULT_SANDBOX_LIMITS } from '../../sandbox-limits.ts';
import { CgroupTree } from '../cgroup/cgroup-tree.ts';
import { closeInherited } from '../close-inherited.ts';
import type { ProcessSandboxOptions } from '../process-sandbox-options.ts';
import { compileFilter } from '../seccomp/compile-filter.ts';
import { pluginFilter } from '../seccomp/plugin-filter.ts';
import type { Architecture } from '../seccomp/syscall-numbers.ts';
import { learnShellDialect } from '../shell-limits.ts';
import { UidPool } from '../uid-pool.ts';
import { type BubblewrapHost, BubblewrapSandbox } from './bubblewrap-sandbox.ts';
import { probeBubblewrap } from './probe-bubblewrap.ts';
import { findSystemParts } from './system-parts.ts';

const ARCHITECTURES: Readonly<Partial<Record<NodeJS.Architecture, Architecture>>> = {
  x64: 'x86-64',
  arm64: 'arm64',
};

/** Closes what this process inherited by mistake, since a sandbox would inherit it too. */
export async function createBubblewrapSandbox(
  options: ProcessSandboxOptions,
): Promise<Result<Sandbox, SandboxUnavailable>> {
  closeInherited();
  const host = await inspectHost(options);
  if (!host.ok) return unavailable(host.error);
  const sandbox = new BubblewrapSandbox(host.value);
  const problem = await tryOut(sandbox);
  return problem === undefined ? ok(sandbox) : unavailable(problem);
}

/** An error says what is missing. */
async function inspectHost(
  options: ProcessSandboxOptions,
): Promise<Result<BubblewrapHost, string>> {
  const architecture = ARCHITECTURES[process.arch];
  if (architecture === undefined) return err('the machine must be x86-64 or arm64');
  // The kernel ends a sandbox with the thread that started it, not with the process.
  if (!isMainThread) return err('it must be started from the main thread');

  const missing = options.runtimes.find((path) => !existsSync(path));
  if (missing !== undefined) return err(`the folder "${missing}" must exist`);

  const [engine, dialect] = await Promise.all([probeBubblewrap(), learnShellDialect()]);
  if (!engine.ok) return engine;
  if (!dialect.ok) return dialect;
  const uids = process.geteuid?.() === 0 ? UidPool.open() : ok(undefined);
  if (!uids.ok) return uids;
  const cgroups = CgroupTree.open();
  if (!cgroups.ok && options.groups === 'required') return cgroups;

  const tree = cgroups.ok ? cgroups.value : undefined;
  return ok({
    facts: {
      engine: engine.value,
      runsAs: uids.value?.range ?? `host uid ${process.geteuid?.()}`,
      limits: limitFacts(tree),
      warnings: cgroups.ok ? [] : [`Limits hold for each process alone: ${cgroups.error}`],
    },
    system: findSystemParts(options.runtimes),
    filters: {
      none: compileFilter(pluginFilter('none'), architecture),
      tcp: compileFilter(pluginFilter('tcp'), architecture),
    },
    dialect: dialect.value,
    cgroups: tree,
    uids: uids.value,
  });
}

/** Whether this machine lets a sandbox be made at all; some forbid the namespaces. */
async function tryOut(sandbox: Sandbox): Promise<string | undefined> {
  try {
    const running = await sandbox.start({
      id: 'try-out',
      argv: ['/bin/sh', '-c', 'exit 0'],
      reads: [],
      writes: [],
      secretFiles: [],
      willRun: () => undefined,
      environment: {},
      limits: DEFAULT_SANDBOX_LIMITS,
    });
    const { exitCode } = await running.ended;
    return exitCode === 0 ? undefined : 'a program in a sandbox must run';
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : '';
    return `the system must let bubblewrap make namespaces (${cause.trim()})`;
  }
}

function limitFacts(tree: CgroupTree | undefined): SandboxFacts['limits'] {
  const group = (what: string): LimitFact => ({
    holds: 'sandbox',
    by: `cgroup ${tree?.layout.version} ${what}`,
  });
  const each = (by: string): LimitFact => ({ holds: 'process', by });
  return {
    wallMs: { holds: 'sandbox', by: 'timer of the executor' },
    cpuMs: tree === undefined ? each('RLIMIT_CPU') : { ...group('cpu'), holds: 'watched' },
    memoryBytes: tree === undefined ? each('RLIMIT_DATA') : group('memory'),
    processes: tree === undefined ? { holds: 'sandbox', by: 'RLIMIT_NPROC' } : group('pids'),
    fileBytes: { holds: 'sandbox', by: 'RLIMIT_FSIZE' },
    openFiles: each('RLIMIT_NOFILE'),
    diskBytes: { holds: 'watched', by: 'size of private folders; watch over granted ones' },
    outputBytes: { holds: 'watched', by: 'reader of the output' },
  };
}

function unavailable(problem: string): Result<never, SandboxUnavailable> {
  const message = `Cannot make process sandboxes: ${problem}`;
  return err({ code: 'sandbox_unavailable', message });
}
