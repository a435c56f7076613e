/**
 * How much longer a sandboxed program takes to start than under a bare bubblewrap with the same
 * namespaces, mounts and filter: what the gate, the limits and the control group cost.
 *
 * Prints one line of JSON. Time runs from the order, or from the spawn of the bare one, to the
 * first byte that the program writes. Both are measured in turn, so that a busy machine is busy
 * for both.
 */

import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { bwrapOptions } from '../src/executor/process-sandbox/bubblewrap/bwrap-options.ts';
import { findSystemParts } from '../src/executor/process-sandbox/bubblewrap/system-parts.ts';
import { createProcessSandbox } from '../src/executor/process-sandbox/create-process-sandbox.ts';
import { compileFilter } from '../src/executor/process-sandbox/seccomp/compile-filter.ts';
import { pluginFilter } from '../src/executor/process-sandbox/seccomp/plugin-filter.ts';
import { DEFAULT_SANDBOX_LIMITS } from '../src/executor/sandbox-limits.ts';

const ROUNDS = Number(process.argv[2] ?? 150);
const WARM_UP = 10;

/** Does nothing before its first instruction shows. */
const PROGRAM = ['/bin/echo', 'here'];

/** An account that is nobody's, as the sandbox takes one, when this runs as root. */
const ACCOUNT = process.geteuid?.() === 0 ? { uid: 61_063, gid: 61_063 } : {};

const made = await createProcessSandbox({ runtimes: [], groups: 'preferred' });
if (!made.ok) throw new Error(made.error.message);
const sandbox = made.value;

const filter = compileFilter(pluginFilter('none'), process.arch === 'arm64' ? 'arm64' : 'x86-64');
const options = bwrapOptions({
  system: findSystemParts([]),
  mounts: [],
  secrets: [],
  network: 'none',
  environment: { PATH: '/usr/bin:/bin', HOME: '/job', TMPDIR: '/tmp', LANG: 'C.UTF-8' },
  privateBytes: DEFAULT_SANDBOX_LIMITS.diskBytes,
});

async function startBare(): Promise<number> {
  const startedAt = performance.now();
  const child = spawn('/usr/bin/bwrap', ['--seccomp', '3', '--args', '4', '--', ...PROGRAM], {
    cwd: '/',
    env: {},
    stdio: ['pipe', 'pipe', 'pipe', 'pipe', 'pipe'],
    ...ACCOUNT,
  });
  const [, stdout, , filterEnd, optionsEnd] = child.stdio as unknown as [
    Writable,
    Readable,
    Readable,
    Writable,
    Writable,
  ];
  filterEnd.end(filter);
  optionsEnd.end(options);
  await once(stdout, 'data');
  const took = performance.now() - startedAt;
  if (child.exitCode === null) await once(child, 'exit');
  return took;
}

async function startSandboxed(): Promise<number> {
  const startedAt = performance.now();
  const running = await sandbox.start({
    id: randomUUID(),
    argv: PROGRAM,
    reads: [],
    writes: [],
    secretFiles: [],
    willRun: () => undefined,
    environment: {},
    limits: DEFAULT_SANDBOX_LIMITS,
  });
  await once(running.stdout, 'data');
  const took = performance.now() - startedAt;
  await running.ended;
  return took;
}

const bare: number[] = [];
const sandboxed: number[] = [];
for (let round = -WARM_UP; round < ROUNDS; round++) {
  const [bareMs, sandboxedMs] = [await startBare(), await startSandboxed()];
  if (round < 0) continue;
  bare.push(bareMs);
  sandboxed.push(sandboxedMs);
}

const quantile = (values: readonly number[], part: number) =>
  Number(values.toSorted((a, b) => a - b)[Math.floor(values.length * part)]!.toFixed(2));

console.log(
  JSON.stringify({
    bench: 'process-start',
    rounds: ROUNDS,
    bareMs: { p10: quantile(bare, 0.1), median: quantile(bare, 0.5), p95: quantile(bare, 0.95) },
    sandboxMs: {
      p10: quantile(sandboxed, 0.1),
      median: quantile(sandboxed, 0.5),
      p95: quantile(sandboxed, 0.95),
    },
    ratio: Number((quantile(sandboxed, 0.5) / quantile(bare, 0.5)).toFixed(2)),
    atMost: 1.5,
  }),
);
