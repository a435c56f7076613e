/**
 * Puts the files of a new plugin into a folder of its own.
 *
 * @module
 */

import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { CommandFailure } from '../command-failure.ts';
import type { ScaffoldFiles } from './templates.ts';

/**
 * Makes the folder and writes into it. Whatever has that name already, a dangling link too, is left
 * as it is; and a folder that could not be filled is taken away again.
 *
 * @throws CommandFailure if there is something, or no room for it.
 */
export function writeScaffold(folder: string, files: ScaffoldFiles): void {
  try {
    mkdirSync(folder);
  } catch (error) {
    throw CommandFailure.usage(`Cannot make "${folder}": ${reasonOf(error)}`);
  }
  try {
    for (const [path, text] of files) {
      mkdirSync(join(folder, dirname(path)), { recursive: true });
      writeFileSync(join(folder, path), text, { flag: 'wx' });
    }
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw CommandFailure.broken(`Cannot fill "${folder}": ${reasonOf(error)}`);
  }
}

function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'EEXIST') return 'it must not exist yet';
  if (code === 'ENOENT' || code === 'ENOTDIR') return 'the folder around it must exist';
  return String(code ?? error);
}
