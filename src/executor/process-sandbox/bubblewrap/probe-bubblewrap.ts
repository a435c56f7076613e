/**
 * Whether the bubblewrap of this machine can do what a sandbox needs of it.
 *
 * @module
 */

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { err, ok, type Result } from '../../../core/primitives/result.ts';

export const BWRAP = '/usr/bin/bwrap';

/** What older versions lack: 0.8 with the fix for CVE-2024-42472 has them all. */
const NEEDED_OPTIONS = ['--ro-bind-fd', '--disable-userns', '--size', '--args', '--perms'];

/** Its name and version. An error is a sentence that says what to install. */
export async function probeBubblewrap(): Promise<Result<string, string>> {
  const run = promisify(execFile);
  try {
    const [version, help] = await Promise.all([
      run(BWRAP, ['--version'], { env: {} }),
      run(BWRAP, ['--help'], { env: {} }),
    ]);
    const missing = NEEDED_OPTIONS.find((option) => !help.stdout.includes(` ${option} `));
    return missing === undefined
      ? ok(version.stdout.trim())
      : err(`bubblewrap must know "${missing}": update the package "bubblewrap"`);
  } catch {
    return err(`"${BWRAP}" must run: install the package "bubblewrap"`);
  }
}
