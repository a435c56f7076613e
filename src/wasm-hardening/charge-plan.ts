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
 * Inside loops a copy of the fuel is kept in a local, from which charges are computed. They write
 * the counter as well, so that it is right whatever happens next; only what is *read* back is the
 * copy. It is taken before an outermost loop, and again behind whatever may have taken fuel.
 *
 * @module
 */

import type { LengthUnit } from './instruction.ts';

/** Fuel from which on a region ends at the next instruction. */
export const REGION_FUEL = 256;

/** Code that is written before the byte at `offset` in the uploaded bytes. */
export type PlannedCode = RegionCharge | LengthCharge | FuelCopy;

/** Takes a fixed amount; of 0 nothing is written. */
export interface RegionCharge {
  readonly kind: 'region';
  readonly offset: number;
  readonly fuel: number;
  /** Whether the copy of the fuel is there to compute from. */
  readonly isInLoop: boolean;
}

/** Takes as much as the operand on top of the stack says. */
export interface LengthCharge {
  readonly kind: 'length';
  readonly offset: number;
  readonly chargedPer: LengthUnit;
}

/** Copies the fuel into the local. */
export interface FuelCopy {
  readonly kind: 'copy';
  readonly offset: number;
}

interface Region extends RegionCharge {
  fuel: number;
}

export class ChargePlan {
  /** In the order of their offsets, and at the same offset in the order of their effects. */
  readonly code: PlannedCode[] = [];
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
    this.code.push({ kind: 'length', offset, chargedPer });
    this.copyAgain(offset);
  }

  /** Somebody else may have taken fuel before `offset`. */
  copyAgain(offset: number): void {
    if (this.outer.length > 0) this.code.push({ kind: 'copy', offset });
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

  /** `before` is the offset of the loop, `header` that of its first instruction. */
  enterLoop(before: number, header: number): void {
    if (this.outer.length === 0) this.code.push({ kind: 'copy', offset: before });
    this.outer.push({ region: this.region, header: this.header });
    // Each turn costs at least 1.
    this.region = this.header = this.begin(header, 1);
  }

  leaveLoop(): void {
    const outer = this.outer.pop();
    if (outer === undefined) return;
    this.region = outer.region;
    this.header = outer.header;
  }

  private begin(offset: number, fuel: number): Region {
    const region: Region = { kind: 'region', offset, fuel, isInLoop: this.outer.length > 0 };
    this.code.push(region);
    return region;
  }
}
