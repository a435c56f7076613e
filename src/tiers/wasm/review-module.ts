/**
 * Reviews an uploaded module before it is installed: valid, hardened, and what its manifest says
 * it is. What passes here is what will run.
 *
 * @module
 */

import { sha256Hex } from '../../blocks/kit/keys.ts';
import { familiesReachedBy } from '../../core/capabilities/reach.ts';
import { type PointerError, pointerError } from '../../core/errors/pointer-errors.ts';
import type { Manifest } from '../../core/manifest/manifest.ts';
import { DEFAULT_WASM_LIMITS } from '../../core/manifest/wasm-limits.ts';
import { err, ok, type Result } from '../../core/primitives/result.ts';
import {
  HARDENING_VERSION,
  type HardenedModule,
  hardenModule,
} from '../../wasm-hardening/harden.ts';
import {
  DEFAULT_HARDENING_POLICY,
  type HardeningPolicy,
} from '../../wasm-hardening/hardening-policy.ts';
import { isHostFunction } from '../../wasm-hardening/host-functions.ts';
import { isBundled } from './bundled-plugins.ts';
import type { WasmTierBindings } from './wasm-tier-bindings.ts';

/** A module that may be stored and run. */
export interface ReviewedModule {
  /** SHA-256 of the upload, lower-case hex. */
  readonly codeHash: string;
  readonly hardened: Uint8Array;
  readonly hardeningVersion: number;
}

export interface ModuleRefusal {
  readonly code: 'wasm_rejected';
  /** One sentence for the module's author, whose own names it may quote. */
  readonly detail: string;
  readonly errors: readonly PointerError[];
}

/** The part of a manifest that its module must agree with. */
export type ModuleManifest = Pick<Manifest, 'capabilities' | 'limits' | 'tools'>;

/** Host functions of a plugin's own making; there is nobody here to provide them. */
const USER_MODULE = 'extism:host/user';

/** A tool's entry takes nothing, since its input is in the kernel, and answers a status or nothing. */
const ENTRY_TYPES: ReadonlySet<string | undefined> = new Set(['()->(i32)', '()->()']);

export function reviewModule(
  upload: Uint8Array,
  manifest: ModuleManifest,
): Result<ReviewedModule, ModuleRefusal> {
  const { maxModuleBytes } = DEFAULT_HARDENING_POLICY;
  if (upload.length > maxModuleBytes) return refuse(`it must have at most ${maxModuleBytes} bytes`);
  // Hardening is no validator: by appending exports it could make an invalid module valid.
  if (!WebAssembly.validate(upload)) return refuse('it must be valid WebAssembly');

  const hardened = hardenModule(upload, policyFor(manifest));
  if (!hardened.ok) return refuse(hardened.error.message);
  const errors = [
    ...checkEntries(hardened.value, manifest),
    ...checkReach(hardened.value, manifest),
  ];
  if (errors.length > 0) return refuse('it must be what its manifest says', errors);
  // It always is; what would run unmetered is not worth finding out later.
  if (!WebAssembly.validate(hardened.value.bytes)) return refuse('hardening must support it');
  return ok({
    codeHash: sha256Hex(upload),
    hardened: hardened.value.bytes,
    hardeningVersion: HARDENING_VERSION,
  });
}

/** Whether this deployment has a way to run that code; if not, uploading it answers 501. */
export function canRun(env: Pick<WasmTierBindings, 'LOADER'>, codeHash: string): boolean {
  return env.LOADER !== undefined || isBundled(codeHash);
}

function policyFor({ limits }: ModuleManifest): HardeningPolicy {
  return {
    ...DEFAULT_HARDENING_POLICY,
    maxMemoryPages: limits.memoryPages ?? DEFAULT_WASM_LIMITS.memoryPages,
    allowsImport: (module, name) => module !== USER_MODULE && isHostFunction(module, name),
  };
}

/** Every tool is an export that can be called. */
function checkEntries(module: HardenedModule, { tools }: ModuleManifest): readonly PointerError[] {
  return tools.flatMap(({ entry }, index) => {
    const exported = module.exports.find(({ name }) => name === entry);
    if (exported?.kind === 'function' && ENTRY_TYPES.has(exported.type)) return [];
    const must = 'must name a function that the module exports, without parameters, giving an i32';
    return [pointerError(['tools', index, 'entry'], must)];
  });
}

/** A module that can ask for the network says so in its manifest. */
function checkReach(
  module: HardenedModule,
  { capabilities }: ModuleManifest,
): readonly PointerError[] {
  if (!module.imports.some(({ name }) => name === 'http_request')) return [];
  const families = capabilities.flatMap(familiesReachedBy);
  if (families.some(({ name }) => name === 'tool:network:http')) return [];
  const must = 'must hold some "tool:network:http", since the module imports "http_request"';
  return [pointerError(['capabilities'], must)];
}

function refuse(problem: string, errors?: readonly PointerError[]): Result<never, ModuleRefusal> {
  const detail = problem.startsWith('Cannot') ? problem : `Cannot install the module: ${problem}`;
  return err({
    code: 'wasm_rejected',
    detail,
    errors: errors ?? [pointerError(['module'], problem)],
  });
}
