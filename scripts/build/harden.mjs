// The project's own hardening (`src/wasm-hardening`), on whatever Node the machine has.

import { importBundled } from './import-bundled.mjs';

export const HARDENING_SOURCES = ['src/wasm-hardening', 'src/core/primitives'];

let hardening;

/** Hardens one of our own modules; a refusal is a mistake of ours. `rules` differ from the default. */
export async function harden(name, bytes, { memoryPages, rules } = {}) {
  const { DEFAULT_HARDENING_POLICY, hardenModule } = await loadHardening();
  const policy = { ...DEFAULT_HARDENING_POLICY, ...rules };
  if (memoryPages !== undefined) policy.maxMemoryPages = memoryPages;
  if (!WebAssembly.validate(bytes)) throw new Error(`Cannot build ${name}: its module is invalid`);
  const hardened = hardenModule(bytes, policy);
  if (!hardened.ok) throw new Error(`Cannot build ${name}: ${hardened.error.message}`);
  return hardened.value.bytes;
}

export async function hardeningVersion() {
  return (await loadHardening()).HARDENING_VERSION;
}

function loadHardening() {
  hardening ??= importBundled(`
    export { HARDENING_VERSION, hardenModule } from './src/wasm-hardening/harden.ts';
    export { DEFAULT_HARDENING_POLICY } from './src/wasm-hardening/hardening-policy.ts';`);
  return hardening;
}
