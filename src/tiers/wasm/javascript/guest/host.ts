/**
 * What the host offers to the code in this folder, which runs inside QuickJS.
 *
 * Plugins never see it: they get the modules and globals that are made of it. Nothing here
 * protects the host, which checks and charges every call itself.
 *
 * @module
 */

/** Functions of the host. Those that wait return when the answer is there. */
export interface Host {
  /** Writes to the plugin's log, at `debug`, `info`, `warn` … */
  log(level: string, text: string): void;
  config(name: string): string | undefined;
  /** Sends a request, waits, and answers status, URL and headers as JSON. */
  http(description: string, body: Uint8Array | undefined): string;
  /** The body of the last answer. */
  httpBody(): Uint8Array;
  storageGet(key: Uint8Array): Uint8Array | undefined;
  storageSet(key: Uint8Array, value: Uint8Array): void;
  /** Answers why it was not stored: `exists`, or nothing. */
  storageAdd(key: Uint8Array, value: Uint8Array): string | undefined;
  storageDelete(key: Uint8Array): void;
  /** Entries one after the other: length and bytes of the key, then of the value; u32 LE. */
  storageList(prefix: Uint8Array, after: Uint8Array, limit: string): Uint8Array;
  encode(text: string): Uint8Array;
  /** `mode` may hold `fatal` and `ignoreBOM`. */
  decode(bytes: Uint8Array, mode: string): string;
  random(byteCount: string): Uint8Array;
}

/** Adds a global of ours, as the language's own are: hidden from enumeration, free to replace. */
export function defineGlobal(name: string, value: unknown): void {
  Object.defineProperty(globalThis, name, {
    value,
    writable: true,
    configurable: true,
    enumerable: false,
  });
}
