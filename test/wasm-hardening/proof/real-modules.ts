/**
 * Modules that other people have written, found in the packages that are installed here.
 */

import { createHash } from 'node:crypto';
import { existsSync, lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

export interface RealModule {
  /** The file that holds it. */
  readonly name: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

const ROOT = join(import.meta.dirname, '../../..');

/** Larger scripts than that are not looked through. */
const MAX_SCRIPT_BYTES = 32 * 1024 * 1024;

/** How the header of a module reads in Base64, and what follows it. */
const IN_BASE64 = /AGFzbQEAAAA[A-Za-z0-9+/=]{40,}/g;

export function findRealModules(): readonly RealModule[] {
  const found = new Map<string, RealModule>();
  for (const folder of ['node_modules', 'build/plugins'])
    if (existsSync(join(ROOT, folder)))
      for (const module of modulesIn(join(ROOT, folder)))
        found.set(createHash('sha256').update(module.bytes).digest('hex'), module);
  return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

function* modulesIn(folder: string): Generator<RealModule> {
  for (const entry of readdirSync(folder).sort()) {
    const path = join(folder, entry);
    const state = lstatSync(path);
    if (state.isDirectory()) yield* modulesIn(path);
    else if (state.isFile()) yield* modulesInFile(path, state.size);
  }
}

function* modulesInFile(path: string, size: number): Generator<RealModule> {
  const name = relative(ROOT, path);
  if (path.endsWith('.wasm')) yield* validOnly(name, readFileSync(path));
  if (!/\.[cm]?js$/.test(path) || size > MAX_SCRIPT_BYTES) return;
  const text = readFileSync(path, 'latin1');
  for (const [base64] of text.matchAll(IN_BASE64))
    yield* validOnly(name, Buffer.from(base64, 'base64'));
}

function* validOnly(name: string, buffer: Buffer): Generator<RealModule> {
  const bytes = Uint8Array.from(buffer);
  if (WebAssembly.validate(bytes)) yield { name, bytes };
}
