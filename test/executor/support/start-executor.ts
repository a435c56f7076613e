import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import type { OrderParts } from './process-sandbox.ts';

export interface LoneExecutor {
  readonly argv: readonly string[];
  readonly parts?: OrderParts;
  /** Descriptors that it finds open, from 3 on. */
  readonly left?: readonly number[];
  /** Account to run as; absent: this one. */
  readonly uid?: number;
}

/** Starts `lone-executor.ts`. */
export function startExecutor({ argv, parts, left = [], uid }: LoneExecutor): ChildProcess {
  const program = join(import.meta.dirname, 'lone-executor.ts');
  return spawn(process.execPath, [program, JSON.stringify({ argv, parts })], {
    stdio: ['ignore', 'pipe', 'inherit', ...left],
    ...(uid === undefined ? {} : { uid, gid: uid, env: {} }),
  });
}
