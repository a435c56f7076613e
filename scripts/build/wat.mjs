// WebAssembly text to binary.

import { readFileSync } from 'node:fs';
import createWabt from 'wabt';

let wabt;

/** Names in the text are dropped: `toBinary` leaves out the name section. */
export async function compileWat(file) {
  wabt ??= await createWabt();
  const module = wabt.parseWat(file, readFileSync(file, 'utf8'), { simd: true, tail_call: true });
  try {
    return module.toBinary({}).buffer;
  } finally {
    module.destroy();
  }
}
