/**
 * The plugins that came with this clone, by what their code hashes to: nobody has to sign these.
 *
 * @module
 */

import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { manifestSha256 } from '../../core/manifest/plugin-signature.ts';
import { isJsonObject } from '../../core/primitives/json.ts';
import { parseJson } from '../../core/primitives/parse-json.ts';
import type { BundledPlugin } from '../../core/security-audit/deployment-facts.ts';
import { PROJECT_ROOT } from '../project-root.ts';

const FOLDERS = ['build/plugins', 'build/executor-plugins'];
const CODE = ['plugin.wasm', 'plugin.js'];
const LIMITS = { maxBytes: 1_048_576, maxDepth: 64 };

/** None before the first build. */
export function readBundledPlugins(): readonly BundledPlugin[] {
  return FOLDERS.filter((folder) => existsSync(join(PROJECT_ROOT, folder)))
    .flatMap((folder) => readdirSync(join(PROJECT_ROOT, folder)).map((name) => `${folder}/${name}`))
    .flatMap(readPlugin);
}

function readPlugin(folder: string): readonly BundledPlugin[] {
  const place = join(PROJECT_ROOT, folder);
  const path = join(place, 'plugin.json');
  if (!existsSync(path)) return [];
  const manifest = parseJson(readFileSync(path, 'utf8'), LIMITS);
  if (!manifest.ok || !isJsonObject(manifest.value)) return [];
  const { name, version } = manifest.value;
  if (typeof name !== 'string' || typeof version !== 'string') return [];
  const code = CODE.map((file) => join(place, file)).find((file) => existsSync(file));
  const hash =
    code === undefined
      ? manifestSha256(manifest.value, (text) => sha256(text))
      : sha256(readFileSync(code));
  return [{ name, version, sha256: hash, folder }];
}

function sha256(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}
