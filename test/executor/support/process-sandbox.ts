/**
 * Real process sandboxes for tests: one sandbox for a file, and programs run in it to their end.
 */

import { randomUUID } from 'node:crypto';
import { text } from 'node:stream/consumers';
import { createProcessSandbox } from '../../../src/executor/process-sandbox/create-process-sandbox.ts';
import type {
  RunningSandbox,
  Sandbox,
  SandboxEnd,
  SandboxOrder,
} from '../../../src/executor/sandbox.ts';
import {
  DEFAULT_SANDBOX_LIMITS,
  type SandboxLimits,
} from '../../../src/executor/sandbox-limits.ts';

export interface Ran {
  readonly out: string;
  readonly err: string;
  readonly end: SandboxEnd;
}

export type OrderParts = Partial<Omit<SandboxOrder, 'limits'>> & {
  readonly limits?: Partial<SandboxLimits>;
};

let opened: Promise<Sandbox> | undefined;

/** The sandbox of this machine, swept once. */
export function openSandbox(): Promise<Sandbox> {
  opened ??= makeSandbox();
  return opened;
}

async function makeSandbox(): Promise<Sandbox> {
  const made = await createProcessSandbox({ runtimes: [], groups: 'preferred' });
  if (!made.ok) throw new Error(made.error.message);
  await made.value.sweep();
  return made.value;
}

export function orderOf(argv: readonly string[], parts: OrderParts = {}): SandboxOrder {
  return {
    id: randomUUID(),
    argv,
    reads: [],
    writes: [],
    secretFiles: [],
    willRun: () => undefined,
    environment: {},
    ...parts,
    limits: { ...DEFAULT_SANDBOX_LIMITS, ...parts.limits },
  };
}

export async function startProgram(
  argv: readonly string[],
  parts?: OrderParts,
): Promise<RunningSandbox> {
  return (await openSandbox()).start(orderOf(argv, parts));
}

/** Runs a program to its end, with nothing on its standard input. */
export async function runProgram(argv: readonly string[], parts?: OrderParts): Promise<Ran> {
  return runToEnd(await startProgram(argv, parts));
}

/** The same of a program that has started. */
export async function runToEnd(running: RunningSandbox): Promise<Ran> {
  running.stdin.end();
  const [out, err, end] = await Promise.all([
    text(running.stdout),
    text(running.stderr),
    running.ended,
  ]);
  return { out, err, end };
}

export function runShell(script: string, parts?: OrderParts): Promise<Ran> {
  return runProgram(['/bin/sh', '-c', script], parts);
}

export function runPerl(script: string, parts?: OrderParts): Promise<Ran> {
  return runProgram(['/usr/bin/perl', '-e', script], parts);
}
