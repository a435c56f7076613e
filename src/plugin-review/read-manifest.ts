/**
 * Reads the manifest of an upload within its limits.
 *
 * @module
 */

import { type Manifest, parseManifest } from '../core/manifest/manifest.ts';
import { isJsonObject, type JsonObject } from '../core/primitives/json.ts';
import { parseJson } from '../core/primitives/parse-json.ts';
import { err, ok, type Result } from '../core/primitives/result.ts';
import { type Finding, refuse } from './finding.ts';

/** Longest manifest, in bytes of UTF-8. */
export const MAX_MANIFEST_BYTES = 262_144;
export const MAX_MANIFEST_DEPTH = 48;

export interface ReadManifest {
  /** As it was written, for what is signed and stored. */
  readonly json: JsonObject;
  readonly manifest: Manifest;
}

/** All that is wrong with it, at once. */
export function readManifest(text: string): Result<ReadManifest, readonly Finding[]> {
  const json = parseJson(text, { maxBytes: MAX_MANIFEST_BYTES, maxDepth: MAX_MANIFEST_DEPTH });
  if (!json.ok) {
    const detail = 'must be JSON of at most 256 KiB without duplicate keys';
    return err([refuse('manifest_malformed', { pointer: '', detail })]);
  }
  const manifest = parseManifest(json.value);
  if (!manifest.ok) return err(manifest.error.map((error) => refuse('manifest_invalid', error)));
  return isJsonObject(json.value)
    ? ok({ json: json.value, manifest: manifest.value })
    : err([refuse('manifest_malformed', { pointer: '', detail: 'must be an object' })]);
}
