/**
 * One hash over all files of a plugin: names, contents, and which of them are programs. The
 * manifest is not among them; it names this hash.
 *
 * @module
 */

import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, type Stats } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { setImmediate as letOthers } from 'node:timers/promises';
import { err, ok, type Result } from '../core/primitives/result.ts';

export const MANIFEST_NAME = 'plugin.json';

/** Most files, and most bytes, of one plugin. */
const MAX_FILES = 20_000;
const MAX_TOTAL_BYTES = 536_870_912;

/** Files that are looked at without letting anything else happen. */
const MANY = 500;

interface HashedFiles {
  /** Lower-case hex. */
  readonly sha256: string;
  readonly count: number;
  /** As {@link traceFiles} finds it for as long as nobody touches them. */
  readonly trace: string;
}

/** Refuses links and whatever else is no plain file: they may mean something else tomorrow. */
export function hashFiles(folder: string): Result<HashedFiles, string> {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => relative(folder, join(folder, name)).split(sep).join('/'))
    .filter((name) => name !== MANIFEST_NAME)
    .sort();
  const hash = createHash('sha256');
  const traces: string[] = [];
  let bytes = 0;
  let count = 0;
  for (const name of names) {
    const path = join(folder, name);
    const facts = lstatSync(path);
    if (facts.isDirectory()) continue;
    if (!facts.isFile()) {
      return err(
        `Cannot use "${name}": it must be a plain file ("npm install --no-bin-links" makes no links)`,
      );
    }
    bytes += facts.size;
    count += 1;
    // Before it is read: what is written meanwhile leaves another one.
    traces.push(traceOf(name, facts));
    if (count > MAX_FILES || bytes > MAX_TOTAL_BYTES) {
      return err(
        `Cannot use the plugin: it must have at most ${MAX_FILES} files and ${MAX_TOTAL_BYTES} bytes`,
      );
    }
    const content = createHash('sha256').update(readFileSync(path)).digest('hex');
    const mode = (facts.mode & 0o111) === 0 ? 'file' : 'program';
    hash.update(`${JSON.stringify(name)} ${mode} ${content}\n`);
  }
  return ok({ sha256: hash.digest('hex'), count, trace: digestOf(traces) });
}

/**
 * By which it is told, without reading them, that files may have been changed. The kernel sets the time
 * that it goes by, and nobody sets it back.
 */
export async function traceFiles(folder: string): Promise<string> {
  const traces: string[] = [];
  const pending = [''];
  let turns = 1;
  for (let below = pending.pop(); below !== undefined; below = pending.pop()) {
    for (const entry of readdirSync(join(folder, below), { withFileTypes: true })) {
      const name = below === '' ? entry.name : `${below}/${entry.name}`;
      if (entry.isDirectory()) pending.push(name);
      else if (name !== MANIFEST_NAME) traces.push(traceOf(name, lstatSync(join(folder, name))));
    }
    if (traces.length > MANY * turns) {
      turns += 1;
      await letOthers();
    }
  }
  return digestOf(traces);
}

function traceOf(name: string, { ino, size, mode, ctimeMs }: Stats): string {
  return `${JSON.stringify(name)} ${ino} ${size} ${mode} ${ctimeMs}`;
}

function digestOf(traces: readonly string[]): string {
  return createHash('sha256').update(traces.toSorted().join('\n')).digest('hex');
}
