/**
 * How the tables of instructions are written down.
 *
 * @module
 */

import type { Immediate, Instruction, LengthUnit } from './instruction.ts';

/** One row for a run of opcodes: `[first, last, immediate, pops, pushes, fuel?, chargedPer?]`. */
export type InstructionRow = readonly [
  first: number,
  last: number,
  immediate: Immediate,
  pops: number,
  pushes: number,
  fuel?: number,
  chargedPer?: LengthUnit,
];

export type InstructionTable = readonly (Instruction | undefined)[];

/** Spreads rows into a table that is indexed by opcode. */
export function toInstructionTable(
  rows: readonly InstructionRow[],
  usualFuel: number,
): InstructionTable {
  const table = new Array<Instruction | undefined>(256).fill(undefined);
  for (const [first, last, immediate, pops, pushes, fuel = usualFuel, chargedPer] of rows)
    table.fill({ immediate, pops, pushes, fuel, chargedPer }, first, last + 1);
  return table;
}
