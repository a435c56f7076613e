/** Less fuel than the default, so that endless loops end in milliseconds. */

import { DEFAULT_WASM_LIMITS, type WasmLimits } from '../../../src/core/manifest/wasm-limits.ts';

export const LIMITS: WasmLimits = { ...DEFAULT_WASM_LIMITS, fuel: 10_000_000 };
