/**
 * Where in a function body fuel is taken, and how much.
 *
 * A body is cut into *regions*. The fuel of a region is taken at its beginning, for all of its
 * instructions at once. Two rules make this sound:
 *
 * - Whoever reaches an instruction has passed the beginning of its region since he last passed
 *   the instruction. Code goes back only to a loop header, and every loop header begins a region;
 *   code goes on only to what stands behind.
 * - Nothing runs unpaid. A region may hold instructions that are then skipped, which is too much
 *   paid, never too little.
 *
 * To charge seldom, the region that begins at a function's entry or a loop's header goes on over
 * branches and nested blocks while it is small: paying for a skipped arm costs less than asking
 * at each arm. So no more than {@link REGION_FUEL} and one instruction are paid too early.
 *
 * @module
 */

import type { LengthUnit } from './instruction.ts';

/** Fuel from which on a region ends at the next instruction. */
export const REGION_FUEL = 256;

export interface ChargePoint {
  /** In the uploaded bytes: the charge is written before the byte at this offset. */
  readonly offset: number;
  /** Fuel to take; 0 takes nothing and is not written. */
  readonly fuel: number;
  /** Set instead of `fuel` where the top operand says how much. */
  readonly chargedPer?: LengthUnit;
}

interface Region {
  readonly offset: number;
  fuel: number;
}

export class ChargePlan {
  /** In the order of their offsets. */
  readonly points: ChargePoint[] = [];
  /** The region that the current instruction belongs to. */
  private region: Region;
  /** The region that began at the innermost loop header, or at the function's entry. */
  private header: Region;
  private readonly outer: { readonly region: Region; readonly header: Region }[] = [];

  /** Begins at the first instruction, with the fuel that a call itself costs. */
  constructor(offset: number, entryFuel: number) {
    this.region = this.header = this.begin(offset, entryFuel);
  }

  /** Counts an instruction to the current region. */
  spend(fuel: number): void {
    this.region.fuel += fuel;
  }

  /** Takes fuel at `offset` by the operand that will then be on top of the stack. */
  spendByLength(offset: number, chargedPer: LengthUnit): void {
    this.points.push({ offset, fuel: 0, chargedPer });
  }

  /** Ends a region that has grown to its bound. Answers whether it did. */
  cutIfFull(offset: number): boolean {
    if (this.region.fuel < REGION_FUEL) return false;
    this.region = this.begin(offset, 0);
    return true;
  }

  /** Code parts or joins at `offset`: behind `if`, `else` and `end`. */
  cutAtJoin(offset: number): void {
    if (this.region === this.header && this.region.fuel < REGION_FUEL) return;
    this.region = this.begin(offset, 0);
  }

  /** `offset` is that of the first instruction in the loop. Each turn costs at least 1. */
  enterLoop(offset: number): void {
    this.outer.push({ region: this.region, header: this.header });
    this.region = this.header = this.begin(offset, 1);
  }

  leaveLoop(): void {
    const outer = this.outer.pop();
    if (outer === undefined) return;
    this.region = outer.region;
    this.header = outer.header;
  }

  private begin(offset: number, fuel: number): Region {
    const region = { offset, fuel };
    this.points.push(region);
    return region;
  }
}
