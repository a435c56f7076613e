/**
 * One hash over all files of a plugin: names, contents, and which of them are programs. The
 * manifest is not among them; it names this hash.
 *
 * @module
 */

import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { err, ok, type Result } from '../core/primitives/result.ts';

export const MANIFEST_NAME = 'plugin.json';

/** Most files, and most bytes, of one plugin. */
export const MAX_FILES = 20_000;
export const MAX_TOTAL_BYTES = 536_870_912;

interface HashedFiles {
  /** Lower-case hex. */
  readonly sha256: string;
  readonly count: number;
}

/** Refuses links and whatever else is no plain file: they may mean something else tomorrow. */
export function hashFiles(folder: string): Result<HashedFiles, string> {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => relative(folder, join(folder, name)).split(sep).join('/'))
    .filter((name) => name !== MANIFEST_NAME)
    .sort();
  const hash = createHash('sha256');
  let bytes = 0;
  let count = 0;
  for (const name of names) {
    const path = join(folder, name);
    const facts = lstatSync(path);
    if (facts.isDirectory()) continue;
    if (!facts.isFile()) return err(`Cannot use "${name}": it must be a plain file`);
    bytes += facts.size;
    count += 1;
    if (count > MAX_FILES || bytes > MAX_TOTAL_BYTES) {
      return err(
        `Cannot use the plugin: it must have at most ${MAX_FILES} files and ${MAX_TOTAL_BYTES} bytes`,
      );
    }
    const content = createHash('sha256').update(readFileSync(path)).digest('hex');
    const mode = (facts.mode & 0o111) === 0 ? 'file' : 'program';
    hash.update(`${JSON.stringify(name)} ${mode} ${content}\n`);
  }
  return ok({ sha256: hash.digest('hex'), count });
}
