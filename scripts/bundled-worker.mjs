// The bundled Worker, kept in `build/` until something changes that it was made from.

import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { deserialize, serialize } from 'node:v8';

/** Files that decide how the bundler reads the others; packages are what the lockfile says. */
const SETTINGS = ['package-lock.json', 'package.json', 'tsconfig.json', 'tsconfig.base.json'];
const PROGRAMS = ['scripts/bundle-worker.mjs', 'scripts/bundled-worker.mjs'];

/**
 * Returns miniflare's manifest of the Worker as its sources are now. Several may ask at once, and
 * be killed at it: a bundle is kept whole or not at all.
 */
export async function bundledWorker(entry = 'src/worker.ts', kept = 'build/worker.bundle') {
  const known = read(kept);
  const hash = known && hashOf(known.files);
  if (hash !== undefined && hash === known.hash) return known.manifest;
  const startedAt = Date.now();
  const { files, ...manifest } = await bundleAndStop(entry);
  const all = [...SETTINGS, ...PROGRAMS, ...files];
  // What was written while it was read may be in the bundle or not.
  if (all.every((file) => changedAt(file) < startedAt)) {
    write(kept, { files: all, hash: hashOf(all), manifest });
  }
  return manifest;
}

/** The bundler is loaded only where it is needed, and is a process that would stay. */
async function bundleAndStop(entry) {
  const [{ bundleWorker }, { stop }] = await Promise.all([
    import('./bundle-worker.mjs'),
    import('esbuild'),
  ]);
  try {
    return await bundleWorker(entry);
  } finally {
    await stop();
  }
}

function changedAt(file) {
  return statSync(file, { throwIfNoEntry: false })?.ctimeMs ?? Number.POSITIVE_INFINITY;
}

/** Of the contents; undefined if one is gone. */
function hashOf(files) {
  const hash = createHash('sha256').update(process.version);
  try {
    for (const file of files) hash.update(`\0${file}\0`).update(readFileSync(file));
  } catch {
    return undefined;
  }
  return hash.digest('hex');
}

function read(path) {
  try {
    return deserialize(readFileSync(path));
  } catch {
    return undefined; // never made, or by another version of Node
  }
}

function write(path, content) {
  const own = `${path}.${process.pid}`;
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(own, serialize(content));
  renameSync(own, path);
}
