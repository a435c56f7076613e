// Whether `node_modules` holds what the lockfile says. The stamp is inside that folder, so that
// it dies with it.

import { createHash } from 'node:crypto';
import { existsSync, lstatSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Stated, since `npx` runs us in whatever folder its user is in. */
const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');
const MODULES = join(ROOT, 'node_modules');
const STAMP = `${MODULES}/.sallyport-lock`;
/** Gone after a stranger's `npm install --omit=dev`, which leaves the stamp alone. */
const NEEDED = [`${MODULES}/miniflare/package.json`, `${MODULES}/vitest/package.json`];

export function isInstalled() {
  if (![STAMP, ...NEEDED].every((file) => existsSync(file))) return false;
  return readFileSync(STAMP, 'utf8') === wantedStamp();
}

/** To be called last: a stamp vouches for a finished installation. */
export function markInstalled() {
  writeFileSync(STAMP, wantedStamp());
}

export function markUnfinished() {
  rmSync(STAMP, { force: true });
}

/** `npm ci` empties the folder behind a link, which another clone may be working with. */
export function isLinked() {
  return lstatSync(MODULES, { throwIfNoEntry: false })?.isSymbolicLink() ?? false;
}

function wantedStamp() {
  return createHash('sha256')
    .update(readFileSync(join(ROOT, 'package-lock.json')))
    .update(`\0${process.platform}-${process.arch}`)
    .digest('hex');
}
