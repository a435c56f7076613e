/**
 * From uploaded code to what may run: the one way, for a first install, for the command line, and
 * for code that was hardened by an older version of this program.
 *
 * @module
 */

import { DEFAULT_WASM_LIMITS } from '../core/manifest/wasm-limits.ts';
import { err, ok, type Result } from '../core/primitives/result.ts';
import { HARDENING_VERSION, type HardenedModule, hardenModule } from '../wasm-hardening/harden.ts';
import { DEFAULT_HARDENING_POLICY } from '../wasm-hardening/hardening-policy.ts';
import { hostFunctionType } from '../wasm-hardening/host-functions.ts';
import type { ModuleImport } from '../wasm-hardening/imports.ts';
import { isScript } from './script-facts.ts';

const SOURCE_HINT =
  'JavaScript source needs "wasm": {"language": "javascript"} in the manifest; other source must be compiled';

/** Whether an engine takes these bytes for a module; `WebAssembly.validate` wherever there is one. */
export type ValidateModule = (bytes: Uint8Array) => boolean;

interface HardenedUpload {
  readonly module: HardenedModule;
  readonly hardeningVersion: number;
}

type UploadProblemCode =
  | 'module_too_large'
  | 'module_invalid'
  | 'module_rejected'
  | 'import_unsupported';

interface UploadProblem {
  readonly code: UploadProblemCode;
  /** One sentence for the module's author, whose own names it may quote. */
  readonly detail: string;
}

export interface UploadRefusal {
  readonly problem: UploadProblem;
  /** All functions that it imports and nobody offers under that type, as far as it was read. */
  readonly foreign: readonly ModuleImport[];
}

/**
 * Validates and hardens a module. The same upload and limits give the same bytes for as long as
 * `HARDENING_VERSION` is the same, so whoever holds the upload can do this again at any time.
 */
export function hardenUpload(
  upload: Uint8Array,
  limits: { readonly memoryPages?: number },
  validate: ValidateModule,
): Result<HardenedUpload, UploadRefusal> {
  const { maxModuleBytes } = DEFAULT_HARDENING_POLICY;
  if (upload.length > maxModuleBytes) {
    return refuse('module_too_large', `must have at most ${maxModuleBytes} bytes`);
  }
  // Hardening is no validator: by appending exports it could make an invalid module valid. But it
  // says what is wrong and where, which the engine does not.
  const isValid = validate(upload);
  const foreign: ModuleImport[] = [];
  const hardened = hardenModule(upload, {
    ...DEFAULT_HARDENING_POLICY,
    maxMemoryPages: limits.memoryPages ?? DEFAULT_WASM_LIMITS.memoryPages,
    allowsImport(module, name, type) {
      // All of them are wanted for the report; the result is dropped if there is any.
      if (hostFunctionType(module, name) !== type) foreign.push({ module, name, type });
      return true;
    },
  });
  if (!isValid) {
    const detail = hardened.ok ? 'must be valid WebAssembly' : hardened.error.message;
    return refuse('module_invalid', isScript(upload) ? `${detail}. ${SOURCE_HINT}` : detail);
  }
  if (!hardened.ok) return refuse('module_rejected', hardened.error.message, foreign);
  if (foreign.length > 0) {
    return refuse('import_unsupported', 'must import only what the host offers', foreign);
  }
  // It always is; what would run unmetered is not worth finding out later.
  if (!validate(hardened.value.bytes)) {
    return refuse('module_rejected', 'Cannot harden module: it must be valid afterwards');
  }
  return ok({ module: hardened.value, hardeningVersion: HARDENING_VERSION });
}

function refuse(
  code: UploadProblemCode,
  detail: string,
  foreign: readonly ModuleImport[] = [],
): Result<never, UploadRefusal> {
  return err({ problem: { code, detail }, foreign });
}
