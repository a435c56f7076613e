/**
 * Bounds what a module can make the engine's compilers do.
 *
 * A compiler keeps track of every local and operand, and at each control operator it merges or
 * copies them all. A small module with thousands of locals and branches can so take many seconds
 * to compile on its first call, and validation does not see it. One *unit* here is one local or
 * operand at one control operator, some tens of nanoseconds of compilation.
 *
 * @module
 */

import type { FunctionType } from './value-types.ts';
import { reject } from './wasm-rejection.ts';

/** Most units in one function. A large interpreter loop in C needs about a tenth of it. */
export const MAX_FUNCTION_COMPILE_UNITS = 3_000_000;

/** Most units in all functions of a module together. */
export const MAX_MODULE_COMPILE_UNITS = 8_000_000;

/**
 * A call hands over each parameter and result once, and orders them in time that grows with the
 * square of their number; it saves each local and operand, which is quick.
 */
const CALL_DISCOUNT = 64;

export class CompileCost {
  private moduleUnits = 0;
  private functionUnits = 0;
  private functionOffset = 0;

  /** Units of all functions so far. */
  get units(): number {
    return Math.ceil(this.moduleUnits);
  }

  /** Starts counting for the function whose body is at `offset`. */
  beginFunction(offset: number): void {
    this.functionOffset = offset;
    this.functionUnits = 0;
  }

  /** One control operator, while `slots` locals and operands are alive. */
  addControl(slots: number): void {
    this.add(slots + 1);
  }

  /** A branch to several places, each of which is a merge of its own. */
  addBranches(slots: number, targetCount: number): void {
    this.add((slots + 1) * targetCount);
  }

  /** A call, or an instruction that the engine implements as one. */
  addCall(slots: number, type: FunctionType | undefined): void {
    const moved = type === undefined ? 0 : type.parameterCount + type.resultCount;
    this.add(moved + (moved * moved + slots) / CALL_DISCOUNT);
  }

  private add(units: number): void {
    this.functionUnits += units;
    this.moduleUnits += units;
    if (this.functionUnits > MAX_FUNCTION_COMPILE_UNITS)
      reject(
        `function must take at most ${MAX_FUNCTION_COMPILE_UNITS} units (locals and operands at each control operator) to compile`,
        this.functionOffset,
      );
    if (this.moduleUnits > MAX_MODULE_COMPILE_UNITS)
      reject(
        `functions up to here must take at most ${MAX_MODULE_COMPILE_UNITS} units (locals and operands at each control operator) to compile`,
        this.functionOffset,
      );
  }
}
