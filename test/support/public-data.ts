/**
 * Public test data that is not part of the project: tests that want it skip when it is not there.
 *
 * `SALLYPORT_DATA` names its folder; the default is `../shared/data`, seen from the project's root.
 */

import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';

const ROOT = resolve(import.meta.dirname, '../..');
const FOLDER = resolve(ROOT, process.env.SALLYPORT_DATA ?? '../shared/data');

/** The path of a data file, or nothing if it is not there. */
export function findPublicData(name: string): string | undefined {
  const path = join(FOLDER, name);
  return existsSync(path) ? path : undefined;
}

const BLOCK_BYTES = 512;

/** The texts of the ordinary files in a gzipped tar archive (POSIX ustar), by their path. */
export function readTarGz(path: string): Map<string, string> {
  const archive = gunzipSync(readFileSync(path));
  const files = new Map<string, string>();
  for (let at = 0; at + BLOCK_BYTES <= archive.length; ) {
    const field = (from: number, length: number) =>
      archive.toString('latin1', at + from, at + from + length).replace(/\0.*$/s, '');
    const name = field(0, 100);
    if (name === '') break;
    const size = Number.parseInt(field(124, 12), 8);
    const start = at + BLOCK_BYTES;
    if (/^0?$/.test(field(156, 1))) files.set(name, archive.toString('utf8', start, start + size));
    at = start + Math.ceil(size / BLOCK_BYTES) * BLOCK_BYTES;
  }
  return files;
}
