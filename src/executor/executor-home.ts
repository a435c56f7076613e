/**
 * Where an executor keeps what is its own: its key, the gateway that it belongs to, its policy and
 * its ledger. One folder for each node, readable by nobody else.
 *
 * @module
 */

import { mkdirSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

export interface ExecutorHome {
  readonly folder: string;
  readonly identityFile: string;
  readonly policyFile: string;
  readonly ledgerFile: string;
  /** For sockets; emptied when the executor starts. */
  readonly runFolder: string;
  readonly containerFolder: string;
}

/** `SALLYPORT_EXECUTOR_HOME`, or `~/.sallyport-executor`. */
export function locateHome(
  env: Readonly<Record<string, string | undefined>>,
  folder = env.SALLYPORT_EXECUTOR_HOME ?? join(homedir(), '.sallyport-executor'),
): ExecutorHome {
  const root = resolve(folder);
  return {
    folder: root,
    identityFile: join(root, 'identity.json'),
    policyFile: join(root, 'executor.toml'),
    ledgerFile: join(root, 'ledger.sqlite'),
    runFolder: join(root, 'run'),
    containerFolder: join(root, 'containers'),
  };
}

export function makeHome({ folder }: ExecutorHome): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
}

/** Whether others than the owner may read or write a file. */
export function isOpenToOthers(path: string): boolean {
  return (statSync(path).mode & 0o077) !== 0;
}

/** Whether others than the owner may change a file, or put another in its place. */
export function isOpenToChange(path: string): boolean {
  const folder = statSync(dirname(path)).mode;
  const mayEnter = (folder & 0o011) !== 0;
  return (folder & 0o022) !== 0 || (mayEnter && (statSync(path).mode & 0o022) !== 0);
}
