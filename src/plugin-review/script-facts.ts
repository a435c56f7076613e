/**
 * What can be said of a plugin in JavaScript without running it. An engine has to say it, so it is
 * handed to the review.
 *
 * @module
 */

/** Largest source, in bytes of UTF-8. */
export const MAX_SCRIPT_BYTES = 524_288;

/** The least that a plugin in JavaScript can run in, in pages of 64 KiB. */
export const MIN_SCRIPT_PAGES = 32;

/** Every WebAssembly module begins with it, and no source text does. */
const WASM_MAGIC = [0x00, 0x61, 0x73, 0x6d];

/** Whether code is the source of a plugin in JavaScript, and not a module. */
export function isScript(code: Uint8Array): boolean {
  return !WASM_MAGIC.every((byte, index) => code[index] === byte);
}

export interface ScriptFacts {
  /** What is wrong with it by itself; nothing else is known then. */
  readonly problem?: SourceProblem;
  /** Names of the modules that it imports. */
  readonly imports: readonly string[];
  /** Those of its tools' entries that it does not export. */
  readonly missing: readonly string[];
}

export interface SourceProblem {
  /** In the words of the engine, which quote the source. */
  readonly message: string;
  /** From 1; absent where it is nowhere in particular. */
  readonly line?: number;
  readonly column?: number;
}
