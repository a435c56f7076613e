/**
 * What `scripts/build.mjs` makes.
 */

/** The code of a plugin's isolate, to be handed to the loader. */
declare module '*/plugin-isolate.txt' {
  const source: string;
  export default source;
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
