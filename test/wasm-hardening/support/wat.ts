/**
 * Writes and reads WebAssembly text, with the official toolkit: an implementation of the format
 * that shares no line with the one under test.
 */

import wabt from 'wabt';

const toolkit = await wabt();

const FEATURES = {
  sat_float_to_int: true,
  sign_extension: true,
  simd: true,
  multi_value: true,
  tail_call: true,
  bulk_memory: true,
  reference_types: true,
  mutable_globals: true,
  extended_const: true,
};

/** Features that hardening refuses, switched on only where a fixture needs them. */
const REFUSED_FEATURES = {
  exceptions: true,
  threads: true,
  memory64: true,
  relaxed_simd: true,
  gc: true,
  function_references: true,
};

/** Assembles a fixture that is valid, as everything is that the gateway hands to hardening. */
export function assemble(wat: string): Uint8Array<ArrayBuffer> {
  const bytes = assembleWith(wat, FEATURES);
  if (!WebAssembly.validate(bytes)) throw new Error(`the fixture is not valid: ${wat}`);
  return bytes;
}

/** Assembles a fixture that uses a feature which hardening refuses. */
export function assembleRefused(wat: string): Uint8Array<ArrayBuffer> {
  return assembleWith(wat, { ...FEATURES, ...REFUSED_FEATURES });
}

function assembleWith(wat: string, features: typeof FEATURES): Uint8Array<ArrayBuffer> {
  const module = toolkit.parseWat('fixture.wat', wat, features);
  const bytes = Uint8Array.from(module.toBinary({}).buffer);
  module.destroy();
  return bytes;
}

/** One instruction a line, without names. */
export function disassemble(bytes: Uint8Array): string {
  const module = toolkit.readWasm(bytes, { readDebugNames: false, ...FEATURES });
  const text = module.toText({ foldExprs: false, inlineExport: false });
  module.destroy();
  return text;
}
