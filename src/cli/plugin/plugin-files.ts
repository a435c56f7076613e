/**
 * A plugin on disk, read whole.
 *
 * @module
 */

import { statSync } from 'node:fs';
import type { PointerError } from '../../core/errors/pointer-errors.ts';
import { type Manifest, parseManifest } from '../../core/manifest/manifest.ts';
import { isJsonObject, type JsonObject } from '../../core/primitives/json.ts';
import { expandRemote } from '../../plugin-review/remote/expand-remote.ts';
import { CommandFailure } from '../command-failure.ts';
import { readBytes, toJson } from '../read-file.ts';
import { remoteMaker } from '../remote-mcp/remote-maker.ts';
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

/** A plugin with code of its own: one that any gateway can run. */
export function readPlugin(folder: string): PluginFiles {
  const { module, modulePath, ...plugin } = readUpload(folder);
  if (module !== undefined && modulePath !== undefined) return { ...plugin, modulePath, module };
  const { tier } = plugin.manifest.manifest;
  throw CommandFailure.usage(
    `Cannot run "${folder}" here: its tier "${tier}" needs a machine (docs/executor.md)`,
  );
}

/** A plugin that names a remote MCP server, made whole; its code is in no file. */
function readRemotePlugin(path: string): PluginFiles | undefined {
  const text = readManifestText(path);
  const made = expandRemote({ manifestText: text }, remoteMaker());
  if (!made.ok) throw unusable(path, made.error);
  const { code: module, manifestText } = made.value;
  if (module === undefined) return undefined;
  const manifest = parseManifestFile(path, manifestText);
  return { manifest, manifestText, modulePath: path, module };
}

/** What is uploaded of a plugin: for the tiers of an executor the manifest alone. */
export type UploadFiles = Pick<PluginFiles, 'manifest' | 'manifestText'> &
  Partial<Pick<PluginFiles, 'modulePath' | 'module'>>;

export function readUpload(folder: string): UploadFiles {
  requireFolder(folder);
  const path = manifestPathIn(folder);
  const remote = readRemotePlugin(path);
  if (remote !== undefined) return remote;
  const manifestText = readManifestText(path);
  const manifest = parseManifestFile(path, manifestText);
  if (manifest.manifest.tier !== 'wasm') return { manifest, manifestText };
  const modulePath = modulePathIn(folder);
  return { manifest, manifestText, modulePath, module: readModule(modulePath) };
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
  throw unusable(path, manifest.ok ? [] : manifest.error);
}

function unusable(path: string, errors: readonly PointerError[]): CommandFailure {
  return CommandFailure.finding(
    `Cannot use the manifest "${path}"`,
    errors.map(({ pointer, detail }) => `${pointer || 'it'} ${detail}`),
  );
}
