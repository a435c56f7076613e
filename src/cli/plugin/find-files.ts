/**
 * Where the parts of a plugin are: `plugin.json`, and beside it `plugin.wasm` or `plugin.js`.
 *
 * @module
 */

import { existsSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { isJsonObject } from '../../core/primitives/json.ts';
import { CommandFailure } from '../command-failure.ts';
import { PROJECT_ROOT } from '../project-root.ts';
import { readText, toJson } from '../read-file.ts';

/** More than any gateway takes, so that it is the review that says what is too much. */
const MAX_MANIFEST_FILE_BYTES = 4_194_304;

const MANIFEST_FILE = 'plugin.json';

export function manifestPathIn(folder: string): string {
  return join(folder, MANIFEST_FILE);
}

/** The manifest beside a module, where there is one. */
export function manifestBeside(modulePath: string): string | undefined {
  const path = manifestPathIn(dirname(modulePath));
  return existsSync(path) ? path : undefined;
}

export function readManifestText(path: string): string {
  return readText(path, MAX_MANIFEST_FILE_BYTES);
}

/** False of a plugin for a machine, and of one whose code follows from the `remote` that it names. */
export function hasCodeBeside(manifestPath: string): boolean {
  const manifest = toJson(manifestPath, readManifestText(manifestPath));
  if (!isJsonObject(manifest)) return true;
  const isOfMachine = manifest.tier === 'process' || manifest.tier === 'container';
  return !isOfMachine && !Object.hasOwn(manifest, 'remote');
}

/** The code, by the language that the manifest states, be the manifest otherwise good or not. */
export function modulePathIn(folder: string): string {
  const path = manifestPathIn(folder);
  const manifest = toJson(path, readManifestText(path));
  const wasm = isJsonObject(manifest) ? manifest.wasm : undefined;
  const isScript = isJsonObject(wasm) && wasm.language === 'javascript';
  const file = isScript ? 'plugin.js' : 'plugin.wasm';
  const places = [join(folder, file), ...builtExample(folder, file)];
  const found = places.find((place) => existsSync(place));
  if (found !== undefined) return found;
  throw CommandFailure.usage(
    `Cannot read "${places[0]}": there is no such file${howToBuild(folder, places.length > 1)}`,
  );
}

/** The examples of this clone are built elsewhere, all at once. */
function builtExample(folder: string, file: string): readonly string[] {
  const path = resolve(folder);
  if (dirname(path) !== join(PROJECT_ROOT, 'worker-plugins')) return [];
  return [join(PROJECT_ROOT, 'build/plugins', basename(path), file)];
}

function howToBuild(folder: string, isExample: boolean): string {
  if (isExample) return '; build it with: npm run build:plugins';
  const hasPackage = existsSync(join(folder, 'package.json'));
  return hasPackage ? '; build it with: npm install && npm run build' : '';
}
