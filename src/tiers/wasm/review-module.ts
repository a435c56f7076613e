/**
 * Reviews a module before it is installed: valid, hardened, and with the exports that its manifest
 * promises. What passes here is what will run.
 *
 * @module
 */

import { sha256Hex } from '../../blocks/kit/keys.ts';
import type { PointerError } from '../../core/errors/pointer-errors.ts';
import type { Manifest } from '../../core/manifest/manifest.ts';
import { DEFAULT_WASM_LIMITS } from '../../core/manifest/wasm-limits.ts';
import { err, ok, type Result } from '../../core/primitives/result.ts';
import {
  HARDENING_VERSION,
  type HardenedModule,
  hardenModule,
} from '../../wasm-hardening/harden.ts';
import { DEFAULT_HARDENING_POLICY } from '../../wasm-hardening/hardening-policy.ts';

export interface ReviewedModule {
  /** SHA-256 of the upload, lower-case hex. */
  readonly codeHash: string;
  readonly hardened: Uint8Array;
  readonly hardeningVersion: number;
}

export interface ModuleRefusal {
  readonly code: 'wasm_rejected';
  readonly detail: string;
  readonly errors?: readonly PointerError[];
}

export function reviewModule(
  upload: Uint8Array,
  manifest: Manifest,
): Result<ReviewedModule, ModuleRefusal> {
  if (!WebAssembly.validate(upload)) {
    return refuse('Cannot install the module: it must be valid WebAssembly');
  }
  const maxMemoryPages = manifest.limits.memoryPages ?? DEFAULT_WASM_LIMITS.memoryPages;
  const hardened = hardenModule(upload, { ...DEFAULT_HARDENING_POLICY, maxMemoryPages });
  if (!hardened.ok) return refuse(hardened.error.message);
  if (!WebAssembly.validate(hardened.value.bytes)) {
    return refuse('Cannot install the module: hardening does not support it');
  }
  const errors = findMissingEntries(manifest, hardened.value);
  if (errors.length > 0) {
    return err({
      code: 'wasm_rejected',
      detail: 'Cannot install the module: it must export what its tools name',
      errors,
    });
  }
  return ok({
    codeHash: sha256Hex(upload),
    hardened: hardened.value.bytes,
    hardeningVersion: HARDENING_VERSION,
  });
}

/** A tool's entry takes nothing and answers an exit code: its input comes through the kernel. */
function findMissingEntries(manifest: Manifest, module: HardenedModule): PointerError[] {
  return manifest.tools.flatMap(({ entry }, index) =>
    module.exports.some(({ name, kind }) => name === entry && kind === 'function')
      ? []
      : [{ pointer: `/tools/${index}/entry`, detail: 'the module must export it as a function' }],
  );
}

function refuse(detail: string): Result<never, ModuleRefusal> {
  return err({ code: 'wasm_rejected', detail });
}
