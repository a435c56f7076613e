/**
 * The clone that this command line belongs to: whether it is installed and built, and what it is made of.
 *
 * @module
 */

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isInstalled } from '../../../scripts/installed.mjs';
import { isJsonObject, type JsonObject } from '../../core/primitives/json.ts';
import { parseJson } from '../../core/primitives/parse-json.ts';
import type { MachineFacts, PackageFacts } from '../../core/security-audit/machine-facts.ts';
import { PROJECT_ROOT } from '../project-root.ts';

/** What stands between strangers and the gateway, or runs it. */
const WATCHED = ['workerd', 'wrangler', 'miniflare', 'hono', 'jose', 'zod'];
const LIMITS = { maxBytes: 1_048_576, maxDepth: 32 };

type CloneFacts = Pick<
  MachineFacts,
  'isInstalled' | 'isBuilt' | 'packages' | 'compatibilityDate' | 'version'
>;

export function readClone(): CloneFacts {
  const date = readCompatibilityDate();
  const own = readPackage(PROJECT_ROOT);
  const wanted = { ...toObject(own.devDependencies), ...toObject(own.dependencies) };
  return {
    isInstalled: isInstalled(),
    isBuilt: existsSync(join(PROJECT_ROOT, 'build/plugins')),
    version: toText(own.version) ?? '0.0.0',
    packages: WATCHED.flatMap((name) => readVersions(name, toText(wanted[name]))),
    ...(date !== undefined && { compatibilityDate: date }),
  };
}

function readVersions(name: string, wanted: string | undefined): readonly PackageFacts[] {
  if (wanted === undefined) return [];
  const installed = toText(readPackage(join(PROJECT_ROOT, 'node_modules', name)).version);
  return [{ name, wanted, ...(installed !== undefined && { installed }) }];
}

function readCompatibilityDate(): string | undefined {
  const path = join(PROJECT_ROOT, 'wrangler.toml');
  if (!existsSync(path)) return undefined;
  return /^compatibility_date = "([^"]+)"$/m.exec(readFileSync(path, 'utf8'))?.[1];
}

function readPackage(folder: string): JsonObject {
  const path = join(folder, 'package.json');
  if (!existsSync(path)) return {};
  const read = parseJson(readFileSync(path, 'utf8'), LIMITS);
  return read.ok ? toObject(read.value) : {};
}

function toObject(value: unknown): JsonObject {
  return isJsonObject(value as JsonObject) ? (value as JsonObject) : {};
}

function toText(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
