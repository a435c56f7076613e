/**
 * What `scripts/build.mjs` makes.
 */

/** The code of a plugin's isolate, to be handed to the loader. */
declare module '*/plugin-isolate.txt' {
  const source: string;
  export default source;
}

/** The same for plugins that need little of it. */
declare module '*/plain-isolate.txt' {
  const source: string;
  export default source;
}

/** The same for plugins that need next to nothing. */
declare module '*/bare-isolate.txt' {
  const source: string;
  export default source;
}

/** The same for plugins in JavaScript. */
declare module '*/javascript-isolate.txt' {
  const source: string;
  export default source;
}

/** Our code inside their engine. */
declare module '*/javascript-prelude.txt' {
  const source: string;
  export default source;
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
