// The bundled Worker, kept in `build/` until something changes that it was made from.

import { mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { deserialize, serialize } from 'node:v8';

/** Files that decide how the bundler reads the others; packages are what the lockfile says. */
const SETTINGS = ['package-lock.json', 'package.json', 'tsconfig.json', 'tsconfig.base.json'];
const PROGRAMS = ['scripts/bundle-worker.mjs', 'scripts/bundled-worker.mjs'];
/** How far the clock that dates files may lag behind ours: a system's tick is a tenth of it. */
const CLOCK_LAG_MS = 100;

/**
 * Returns miniflare's manifest of the Worker as its sources are now. Several may ask at once, and
 * be killed at it: a bundle is kept whole or not at all.
 */
export async function bundledWorker(entry = 'src/worker.ts', kept = 'build/worker.bundle') {
  const known = read(kept);
  if (known?.node === process.version && isAsKnown(known.states)) return known.manifest;
  const startedAt = Date.now() - CLOCK_LAG_MS;
  const { files, ...manifest } = await bundleAndStop(entry);
  const states = [...SETTINGS, ...PROGRAMS, ...files].map(stateOf);
  // What was written while it was read may be in the bundle or not.
  if (states.every(({ changedAt }) => changedAt < startedAt)) {
    write(kept, { node: process.version, states, manifest });
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

/** No program sets when a file was changed: what was written since has another state. */
function stateOf(file) {
  const found = statSync(file, { throwIfNoEntry: false });
  return { file, changedAt: found?.ctimeMs ?? Number.POSITIVE_INFINITY, bytes: found?.size };
}

/** By their states: to read them all would take longer than what else a start does by itself. */
function isAsKnown(states) {
  return states.every(({ file, changedAt, bytes }) => {
    const now = stateOf(file);
    return now.changedAt === changedAt && now.bytes === bytes;
  });
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
