/**
 * Parts of the runtime that its published types lack.
 */

/** JavaScript Promise Integration: Wasm that waits for an asynchronous host function. */
declare namespace WebAssembly {
  /** As an import, suspends the Wasm stack below {@link promising} until the promise settles. */
  class Suspending {
    constructor(fn: (...args: never[]) => Promise<unknown>);
  }

  function promising(fn: (...args: never[]) => unknown): (...args: unknown[]) => Promise<unknown>;
}

declare namespace CloudflareWorkersModule {
  /** Ends the isolate that runs this code; calls under way fail. */
  export function abortIsolate(reason: string): never;
}
