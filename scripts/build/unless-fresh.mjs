// Runs a build step only if something that it is made from has changed.

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const STAMPS = 'build/.stamps';

/**
 * `sources` are files and folders, `outputs` files that must exist for the stamp to count. The
 * stamp is written last, so that an interrupted step runs again.
 */
export async function unlessFresh(name, { sources, outputs }, step) {
  const stamp = join(STAMPS, name);
  const hash = hashOf([...sources, 'scripts/build', 'package-lock.json']);
  if (outputs.every(existsSync) && existsSync(stamp) && readFileSync(stamp, 'utf8') === hash) {
    return;
  }
  for (const output of outputs) mkdirSync(dirname(output), { recursive: true });
  await step();
  mkdirSync(STAMPS, { recursive: true });
  writeFileSync(stamp, hash);
}

function hashOf(sources) {
  const hash = createHash('sha256').update(process.version);
  for (const file of sources.flatMap(filesIn)) {
    hash.update(`\0${file}\0`).update(readFileSync(file));
  }
  return hash.digest('hex');
}

function filesIn(path) {
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path)
    .sort()
    .flatMap((name) => filesIn(join(path, name)));
}
