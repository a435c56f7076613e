/**
 * What stands behind an import: why it is not offered and what to do instead, or which capability
 * it does nothing without.
 *
 * @module
 */

import type { FamilyName } from '../core/capabilities/catalogue.ts';
import type { AMBIENT_CAPABILITIES } from '../core/manifest/wasm-limits.ts';
import { hostFunctionType } from '../wasm-hardening/host-functions.ts';
import type { ModuleImport } from '../wasm-hardening/imports.ts';
import type { ImportName } from '../wasm-hardening/list-imports.ts';
import { toVisibleName } from './visible-name.ts';

/** What each toolchain calls the host that it expects, and how to make it expect this one. */
const FOREIGN_MODULES: readonly (readonly [module: RegExp, advice: string])[] = [
  [/^extism:host\/user$/, 'host functions of your own are not offered; only storage is'],
  [/^extism:host\/env$/, 'it is no function of Extism 1.x that a plugin may call'],
  [/^wasi_snapshot_preview1$/, 'it is no function of WASI preview 1'],
  [/^wasi_(unstable|ephemeral)/, 'compile for WASI preview 1 (wasm32-wasip1)'],
  [/^wasi_snapshot_preview[2-9]|^wasix_/, 'compile for WASI preview 1 (wasm32-wasip1)'],
  [/^wasi:/, 'compile a core module for WASI preview 1 (wasm32-wasip1), not a component'],
  [/^(wbg|__wbindgen)/, 'compile without wasm-bindgen, for wasm32-wasip1'],
  [/^(go|gojs)$/, 'compile with GOOS=wasip1'],
  [/^env$/, 'compile for WASI preview 1 without an environment of its own'],
];

/** Why an import is refused, and what would be needed. */
export function adviseForeign({ module, name, type }: ModuleImport): string {
  const offered = hostFunctionType(module, name);
  if (offered !== undefined) {
    return `must import "${name}" of "${module}" as ${offered}, and imports it as ${type}`;
  }
  const isOldExtism = module === 'env' && name.startsWith('extism_');
  const advice = isOldExtism
    ? 'it is of Extism 0.x; build with a kit of Extism 1.x'
    : FOREIGN_MODULES.find(([pattern]) => pattern.test(module))?.[1];
  const what = `must not import "${toVisibleName(name)}" of "${toVisibleName(module)}"`;
  return `${what}: ${advice ?? 'only Extism 1.x, storage and WASI preview 1 are offered'}`;
}

/** Functions that end the call without a capability of this family. */
const FAMILY_NEEDED_BY: ReadonlyMap<string, FamilyName> = new Map([
  ['http_request', 'tool:network:http'],
  ['kv_get', 'storage:workspace:read'],
  ['kv_list', 'storage:workspace:read'],
  ['kv_set', 'storage:workspace:write'],
  ['kv_add', 'storage:workspace:write'],
  ['kv_delete', 'storage:workspace:write'],
]);

/** Which family a host function belongs to; most need none. */
export function familyNeededBy({ module, name }: ImportName): FamilyName | undefined {
  return module.startsWith('extism:') ? FAMILY_NEEDED_BY.get(name) : undefined;
}

/** Functions of WASI that are there for linking and always answer "not capable". */
export function hasNoEffect({ module, name }: ImportName): boolean {
  return module === 'wasi_snapshot_preview1' && /^(path_|sock_)/.test(name);
}

/** What answers the same in every run, unless the manifest asks for better and gets it. */
export const AMBIENT_FUNCTIONS = {
  clock: 'clock_time_get',
  randomness: 'random_get',
} as const satisfies Record<keyof typeof AMBIENT_CAPABILITIES, string>;

export function importsAmbient(
  imports: readonly ImportName[],
  kind: keyof typeof AMBIENT_FUNCTIONS,
): boolean {
  return imports.some(
    ({ module, name }) => module === 'wasi_snapshot_preview1' && name === AMBIENT_FUNCTIONS[kind],
  );
}
