/**
 * Why an executor could not write down what it is to run, before it tries.
 *
 * @module
 */

import { accessSync, constants, existsSync, statfsSync } from 'node:fs';
import { describeLedger, ledgerMust } from './describe-ledger.ts';
import type { ExecutorHome } from './executor-home.ts';

/** With less, a ledger is full within minutes, and calls are refused from then on. */
const MIN_FREE_BYTES = 16_777_216;

/** A sentence for the owner; nothing where all is in order, or no executor was there yet. */
export function findHomeProblem({ folder, ledgerFile }: ExecutorHome): string | undefined {
  if (!existsSync(folder)) return undefined;
  if (!isWritable(folder))
    return `Cannot write to "${folder}": its disk and its rights must allow it`;
  const { bavail, bsize } = statfsSync(folder);
  if (bavail * bsize < MIN_FREE_BYTES) {
    return `Cannot keep a ledger in "${folder}": its disk must have ${MIN_FREE_BYTES} bytes free`;
  }
  const ledger = existsSync(ledgerFile) ? describeLedger(ledgerFile) : undefined;
  return ledger === 'unreadable' ? `Cannot read the ledger: ${ledgerMust(ledgerFile)}` : undefined;
}

function isWritable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
