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

/**
 * A chain of loads through more memory than the caches hold takes 150 to 200 ns a link, and no load
 * shows beforehand that it is one of those. Ordinary code loads so seldom that it pays 1.6 times as
 * much for it.
 */
export const LOAD_FUEL = 20;

/** Nobody waits for a store, but one that crosses into another page takes 30 ns. */
export const STORE_FUEL = 3;

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
