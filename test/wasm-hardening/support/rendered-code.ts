/**
 * Function bodies as lists of instructions, and their two ways of being written down.
 */

import { BULK_INSTRUCTIONS, INSTRUCTIONS } from '../../../src/wasm-hardening/instructions.ts';
import { SIMD_INSTRUCTIONS } from '../../../src/wasm-hardening/simd-instructions.ts';
import { u32 } from './module-bytes.ts';

export interface Body {
  /** The declarations of locals, as bytes. */
  readonly locals: readonly number[];
  readonly instructions: readonly (readonly number[])[];
}

export function renderPlain({ locals, instructions }: Body): readonly number[] {
  return [...locals, ...instructions.flat()];
}

/** The global of this index grows, before each instruction, by what that costs. */
export function renderCounted({ locals, instructions }: Body, global: number): readonly number[] {
  const count = (fuel: number) => [
    ...[0x23, ...u32(global), 0x42, ...small(fuel), 0x7c],
    ...[0x24, ...u32(global)],
  ];
  const counted = instructions.flatMap((instruction) => {
    const fuel = fuelOf(instruction);
    return fuel === 0 ? instruction : [...count(fuel), ...instruction];
  });
  return [...locals, ...counted];
}

/** By the table, without what is charged by length. */
function fuelOf([opcode = 0, second = 0, third = 0]: readonly number[]): number {
  const table =
    opcode === 0xfc ? BULK_INSTRUCTIONS : opcode === 0xfd ? SIMD_INSTRUCTIONS : undefined;
  if (table === undefined) return INSTRUCTIONS[opcode]?.fuel ?? 0;
  return table[second < 0x80 ? second : (second & 0x7f) | (third << 7)]?.fuel ?? 0;
}

/** A constant that fits into two bytes of signed LEB128. */
function small(value: number): readonly number[] {
  return value < 0x40 ? [value] : [(value & 0x7f) | 0x80, value >> 7];
}
