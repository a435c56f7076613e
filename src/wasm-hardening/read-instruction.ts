/**
 * Reads an opcode, with its prefix, and finds its instruction or refuses it.
 *
 * @module
 */

import type { ByteReader } from './byte-reader.ts';
import type { Instruction } from './instruction.ts';
import { BULK_INSTRUCTIONS, INSTRUCTIONS } from './instructions.ts';
import { FIRST_RELAXED_SIMD_OPCODE, SIMD_INSTRUCTIONS } from './simd-instructions.ts';
import { rejectFeature, rejectOpcode } from './unsupported.ts';
import { hex, reject } from './wasm-rejection.ts';

/** The opcodes that steer control flow. */
export const OPCODE = {
  unreachable: 0x00,
  loop: 0x03,
  if: 0x04,
  else: 0x05,
  end: 0x0b,
  br: 0x0c,
  return: 0x0f,
  returnCall: 0x12,
  returnCallIndirect: 0x13,
} as const;

const BULK_PREFIX = 0xfc;
const SIMD_PREFIX = 0xfd;

export interface ReadInstruction {
  /** The first byte: for a prefixed instruction its prefix, which is none of {@link OPCODE}. */
  readonly opcode: number;
  readonly instruction: Instruction;
}

export function readInstruction(reader: ByteReader): ReadInstruction {
  const offset = reader.position;
  const opcode = reader.u8();
  return { opcode, instruction: find(opcode, reader, offset) };
}

function find(opcode: number, reader: ByteReader, offset: number): Instruction {
  if (opcode === BULK_PREFIX) {
    const code = reader.u32();
    return BULK_INSTRUCTIONS[code] ?? rejectPrefixed(opcode, code, offset);
  }
  if (opcode === SIMD_PREFIX) {
    const code = reader.u32();
    if (code >= FIRST_RELAXED_SIMD_OPCODE)
      rejectFeature('relaxed SIMD', `opcode 0xfd ${hex(code)}`, offset);
    return SIMD_INSTRUCTIONS[code] ?? rejectPrefixed(opcode, code, offset);
  }
  return INSTRUCTIONS[opcode] ?? rejectOpcode(opcode, offset);
}

function rejectPrefixed(prefix: number, code: number, offset: number): never {
  return reject(`opcode ${hex(prefix)} ${hex(code)} must be a known one`, offset);
}
