/**
 * Bounds of one call in the wasm tier.
 *
 * @module
 */

/** A `type`, so that it is a `JsonObject`. */
export type WasmLimits = {
  /** Fuel units a call; some 100 million take 5 to 40 ms. */
  readonly fuel: number;
  /** 64 KiB pages of linear memory. */
  readonly memoryPages: number;
  readonly maxOutputBytes: number;
  /** Wall-clock milliseconds, host calls included; what a call waits for its turn comes before. */
  readonly timeoutMs: number;
  /** Ambient authority that a call gets only where its {@link AMBIENT_CAPABILITIES} are granted. */
  readonly clock: boolean;
  readonly randomness: boolean;
};

/** What a plugin asks for by `wasm.clock` and `wasm.randomness`. Without it they are the same in every run. */
export const AMBIENT_CAPABILITIES = {
  clock: 'system:clock:read',
  randomness: 'system:random:read',
} as const;

export const DEFAULT_WASM_LIMITS: WasmLimits = {
  fuel: 100_000_000,
  memoryPages: 256,
  maxOutputBytes: 1_048_576,
  timeoutMs: 10_000,
  clock: false,
  randomness: false,
};

/**
 * Longest that a call waits for its turn, in milliseconds, behind others of its workspace. None of it
 * is taken from the time that it may run.
 */
export const MAX_WASM_WAIT_MS = 30_000;

export const WASM_LIMIT_CEILINGS = {
  fuel: 1_000_000_000,
  memoryPages: 1_024,
  maxOutputBytes: 4_194_304,
  timeoutMs: 30_000,
} as const;
