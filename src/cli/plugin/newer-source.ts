/**
 * Whether a module was built before its source was last changed: the oldest way to test in vain.
 *
 * @module
 */

import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

const SOURCES = ['assembly', 'src'];

/** A source file of the plugin that is newer than its module. */
export function findNewerSource(folder: string, modulePath: string): string | undefined {
  const builtAt = statSync(modulePath).mtimeMs;
  return SOURCES.map((name) => join(folder, name))
    .filter((path) => existsSync(path) && statSync(path).isDirectory())
    .flatMap((path) =>
      readdirSync(path, { recursive: true, encoding: 'utf8' }).map((name) => join(path, name)),
    )
    .find((path) => {
      const facts = statSync(path, { throwIfNoEntry: false });
      return facts?.isFile() === true && facts.mtimeMs > builtAt;
    });
}
