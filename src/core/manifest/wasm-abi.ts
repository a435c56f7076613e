/**
 * The application binary interfaces of Wasm plugins, by name and major version.
 *
 * Which one a module is of shows in its imports. A manifest may state it (`wasm.abi`), so that a
 * plugin made for a version that is not known here is refused with a clear word instead of failing
 * later. See `docs/plugins/abi.md`.
 *
 * @module
 */

/**
 * `extism-1`: Extism 1.x, input and output in blocks of the host's memory. `wasi-1`: WASI preview 1
 * alone, input and output through the standard streams.
 */
export const WASM_ABIS = ['extism-1', 'wasi-1'] as const;

export type WasmAbi = (typeof WASM_ABIS)[number];

interface Import {
  readonly module: string;
  readonly name: string;
}

/** Nothing for a module that imports of neither: it takes no input and gives no answer. */
export function abiOf(imports: readonly Import[]): WasmAbi | undefined {
  const uses = (prefix: string) => imports.some(({ module }) => module.startsWith(prefix));
  if (uses('extism:host/')) return 'extism-1';
  return uses('wasi_snapshot_preview1') ? 'wasi-1' : undefined;
}
