/**
 * The plugins that this machine has, as it knows them itself: each in a folder of its name with a
 * `plugin.json`, whose hash is what a ticket must name.
 *
 * @module
 */

import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { OfferedPlugin } from '../core/executor-protocol/node-offer.ts';
import type { ExecutorPlugin } from '../core/manifest/executor-plugin.ts';
import { parseManifest } from '../core/manifest/manifest.ts';
import { manifestSha256 } from '../core/manifest/plugin-signature.ts';
import { isJsonObject, type JsonObject } from '../core/primitives/json.ts';
import { parseJson } from '../core/primitives/parse-json.ts';
import { err, ok, type Result } from '../core/primitives/result.ts';
import { hashFiles, MANIFEST_NAME, traceFiles } from './files-hash.ts';
import type { HostPath } from './host-path.ts';
import type { LocalPolicy } from './local-policy.ts';
import { type PinnedImage, toPinnedImage } from './pinned-image.ts';
import { resolveHostPath } from './resolve-host-path.ts';
import { sha256Text } from './sha256.ts';

const MAX_MANIFEST_BYTES = 1_048_576;

export interface LocalPlugin extends OfferedPlugin {
  readonly tier: 'process' | 'container';
  readonly folder: HostPath;
  readonly runs: ExecutorPlugin;
  /** Of its files, as they were when they were last hashed. */
  trace: string;
  /** Container tier only. */
  readonly image?: PinnedImage;
}

export interface PluginProblem {
  readonly name: string;
  /** A sentence for the operator. */
  readonly message: string;
}

export interface Catalogue {
  readonly plugins: readonly LocalPlugin[];
  readonly problems: readonly PluginProblem[];
}

/** All plugins that the policy names. One that is not as its manifest says is not offered. */
export function readCatalogue(policy: LocalPolicy): Catalogue {
  const plugins: LocalPlugin[] = [];
  const problems: PluginProblem[] = [];
  for (const name of policy.plugins) {
    const read = readLocalPlugin(join(policy.pluginFolder, name));
    const plugin = read.ok && read.value.name === name ? read.value : undefined;
    if (plugin !== undefined && policy.tiers.includes(plugin.tier)) plugins.push(plugin);
    else {
      const message = read.ok ? `its name must be "${name}" and its tier allowed` : read.error;
      problems.push({ name, message });
    }
  }
  return { plugins, problems };
}

export function readLocalPlugin(path: string): Result<LocalPlugin, string> {
  return readPlugin(path, (manifest) => manifest);
}

/** As its folder is now, with whatever its manifest says, or does not say yet, of files and server. */
export function readDraftPlugin(path: string, filesSha256: string): Result<LocalPlugin, string> {
  return readPlugin(path, (manifest) => {
    const { process } = manifest;
    if (process === undefined || !isJsonObject(process)) return manifest;
    const definitions = process.protocol === 'mcp' ? { definitions: {} } : {};
    return { ...manifest, process: { ...process, ...definitions, filesSha256 } };
  });
}

function readPlugin(
  path: string,
  complete: (manifest: JsonObject) => JsonObject,
): Result<LocalPlugin, string> {
  const folder = resolveHostPath(resolve(path));
  if (!folder.ok) return err('its folder must exist');
  const json = readManifest(folder.value);
  if (!json.ok) return json;
  const written = complete(json.value);
  const manifest = parseManifest(written);
  if (!manifest.ok) {
    return err(manifest.error.map(({ pointer, detail }) => `${pointer} ${detail}`).join('; '));
  }
  const { name, tier, process, container } = manifest.value;
  const runs = process ?? container;
  if (tier === 'wasm' || runs === undefined)
    return err('its tier must be "process" or "container"');
  const trace = traceOwnFiles(folder.value, runs);
  if (!trace.ok) return trace;
  const codeHash = manifestSha256(written, sha256Text);
  const image = container && { image: toPinnedImage(container.image) };
  const facts = { name, tier, codeHash, runs, trace: trace.value };
  return ok({ ...facts, folder: folder.value, ...image });
}

function readManifest(folder: HostPath): Result<JsonObject, string> {
  const path = join(folder, MANIFEST_NAME);
  if (!existsSync(path)) return err(`its folder must hold "${MANIFEST_NAME}"`);
  const limits = { maxBytes: MAX_MANIFEST_BYTES, maxDepth: 64 };
  const json = parseJson(readFileSync(path, 'utf8'), limits);
  return json.ok && isJsonObject(json.value)
    ? ok(json.value)
    : err('its manifest must be a JSON object');
}

/**
 * Whether a plugin is still what it was when it was read. Its files are hashed once each time that
 * somebody touched them, as a backup does that links to them.
 */
export async function isAsRead(plugin: LocalPlugin): Promise<boolean> {
  const { folder, codeHash } = plugin;
  if ((await traceFiles(folder).catch(() => undefined)) === plugin.trace) return true;
  const now = readLocalPlugin(folder);
  if (!now.ok || now.value.codeHash !== codeHash) return false;
  plugin.trace = now.value.trace;
  return true;
}

/** Its files must be those that its manifest was written for. */
function traceOwnFiles(folder: HostPath, { filesSha256 }: ExecutorPlugin): Result<string, string> {
  const files = hashFiles(folder);
  if (!files.ok) return files;
  const { sha256, count, trace } = files.value;
  if (filesSha256 === undefined) {
    return count === 0 ? ok(trace) : err('its manifest must name "filesSha256"');
  }
  return sha256 === filesSha256
    ? ok(trace)
    : err(`its files must hash to ${filesSha256}, not ${sha256}`);
}
