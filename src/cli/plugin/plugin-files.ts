/**
 * A plugin on disk, read whole.
 *
 * @module
 */

import { statSync } from 'node:fs';
import { type Manifest, parseManifest } from '../../core/manifest/manifest.ts';
import { isJsonObject, type JsonObject } from '../../core/primitives/json.ts';
import { CommandFailure } from '../command-failure.ts';
import { readBytes, toJson } from '../read-file.ts';
import { manifestPathIn, modulePathIn, readManifestText } from './find-files.ts';

/** More than any gateway takes, so that it is the review that says what is too much. */
const MAX_MODULE_FILE_BYTES = 67_108_864;

interface ManifestFile {
  readonly path: string;
  readonly json: JsonObject;
  readonly manifest: Manifest;
}

export interface PluginFiles {
  readonly manifest: ManifestFile;
  /** As written: that is what is uploaded. */
  readonly manifestText: string;
  readonly modulePath: string;
  readonly module: Uint8Array;
}

export function readPlugin(folder: string): PluginFiles {
  requireFolder(folder);
  return readPluginFiles(manifestPathIn(folder), modulePathIn(folder));
}

/** What is uploaded of a plugin: for the tiers of an executor the manifest alone. */
export type UploadFiles = Pick<PluginFiles, 'manifest' | 'manifestText'> & {
  readonly module?: Uint8Array;
};

export function readUpload(folder: string): UploadFiles {
  requireFolder(folder);
  const path = manifestPathIn(folder);
  const manifestText = readManifestText(path);
  const manifest = parseManifestFile(path, manifestText);
  if (manifest.manifest.tier !== 'wasm') return { manifest, manifestText };
  return { manifest, manifestText, module: readModule(modulePathIn(folder)) };
}

/** @throws CommandFailure with all that is wrong with the manifest, or if a file cannot be read. */
export function readPluginFiles(manifestPath: string, modulePath: string): PluginFiles {
  const manifestText = readManifestText(manifestPath);
  const manifest = parseManifestFile(manifestPath, manifestText);
  return { manifest, manifestText, modulePath, module: readModule(modulePath) };
}

export function readModule(path: string): Uint8Array {
  return readBytes(path, MAX_MODULE_FILE_BYTES);
}

function requireFolder(folder: string): void {
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return;
  throw CommandFailure.usage(`Cannot read the plugin "${folder}": there is no such folder`);
}

function parseManifestFile(path: string, text: string): ManifestFile {
  const json = toJson(path, text);
  const manifest = parseManifest(json);
  if (manifest.ok && isJsonObject(json)) return { path, json, manifest: manifest.value };
  throw CommandFailure.finding(
    `Cannot use the manifest "${path}"`,
    manifest.ok ? [] : manifest.error.map(({ pointer, detail }) => `${pointer || 'it'} ${detail}`),
  );
}
