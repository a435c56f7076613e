/**
 * What `scripts/build.mjs` makes.
 */

/** Our code in a plugin's isolate, to be handed to the loader. */
declare module '*/isolate-modules.js' {
  /** Of the modules and the kernel together: hex. */
  export const ISOLATE_VERSION: string;
  /** By name of the module: its text, and the names of those of ours that it imports. */
  export const ISOLATE_MODULES: Readonly<
    Record<string, { readonly source: string; readonly imports: readonly string[] } | undefined>
  >;
}

/** The source of the plugin, which the loader puts beside our code. */
declare module '*/plugin.txt' {
  const source: string;
  export default source;
}

declare module '*/javascript-engine.js' {
  /** The engine by package, version and hash: what fuel and results depend on. */
  export const JAVASCRIPT_ENGINE: string;
  /** SHA-256 of `assets/quickjs.wasm`, lower-case hex. */
  export const QUICKJS_SHA256: string;
  /** Of `assets/quickjs.image`: the memory of the engine from `start` on, our code in it at rest. */
  export const ENGINE_IMAGE: {
    readonly sha256: string;
    readonly start: number;
    /** Addresses of functions in it. */
    readonly prelude: { readonly invoke: number; readonly describe: number };
  };
}

declare module '*.image' {
  const bytes: ArrayBuffer;
  export default bytes;
}

declare module '*.wasm' {
  const module: WebAssembly.Module;
  export default module;
}

declare module '*/bundled-modules.js' {
  export const HARDENING_VERSION: number;
  /** Hardened modules by the SHA-256 of their upload, lower-case hex. */
  export const MODULES: ReadonlyMap<string, WebAssembly.Module>;
}
