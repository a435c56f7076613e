/**
 * The instructions that hardening writes into a module.
 *
 * Fuel is a global that the module has no index for. Taking fuel is: subtract, store, and trap
 * when the rest is negative. All of it leaves the operand stack as it was.
 *
 * @module
 */

import type { ByteWriter } from './byte-writer.ts';
import type { LengthUnit } from './instruction.ts';

/** Indices of what is appended, which follow all those that the module itself can name. */
export interface AppendedIndices {
  readonly fuelGlobal: number;
  /** The first of the length helpers; the others follow in the order of {@link LENGTH_HELPERS}. */
  readonly firstHelper: number;
  /** `(i32)->(i32)`. */
  readonly helperType: number;
}

/**
 * A length helper takes a length, charges for it and gives it back. Fuel is `length × times`,
 * divided by `2 ^ shift`. Filling 8 bytes takes about as long as a simple instruction. Writing
 * one table element takes 20 ns and more. A page costs once, when it is first touched.
 */
export const LENGTH_HELPERS = [
  { unit: 'bytes', times: 1, shift: 3 },
  { unit: 'elements', times: 16, shift: 0 },
  { unit: 'pages', times: 512, shift: 0 },
] as const satisfies readonly LengthHelper[];

export interface LengthHelper {
  readonly unit: LengthUnit;
  readonly times: number;
  readonly shift: number;
}

const OP = {
  unreachable: 0x00,
  if: 0x04,
  end: 0x0b,
  call: 0x10,
  select: 0x1b,
  localGet: 0x20,
  globalGet: 0x23,
  globalSet: 0x24,
  i32Const: 0x41,
  i64Const: 0x42,
  i32LtU: 0x49,
  i64LtS: 0x53,
  i64Sub: 0x7d,
  i64Mul: 0x7e,
  i64ShrU: 0x88,
  i64ExtendI32U: 0xad,
} as const;

const EMPTY_BLOCK_TYPE = 0x40;

/** Takes a fixed amount. */
export function writeCharge(out: ByteWriter, fuelGlobal: number, fuel: number): void {
  out.u8(OP.globalGet);
  out.u32(fuelGlobal);
  out.u8(OP.i64Const);
  out.positive(fuel);
  writeSubtractAndTrap(out, fuelGlobal);
}

/** Calls the helper that takes fuel by the operand on top of the stack, and leaves it there. */
export function writeLengthCharge(
  out: ByteWriter,
  appended: AppendedIndices,
  unit: LengthUnit,
): void {
  out.u8(OP.call);
  out.u32(appended.firstHelper + LENGTH_HELPERS.findIndex((helper) => helper.unit === unit));
}

/**
 * The body of a length helper. Lengths above `cap` count as `cap`: no memory or table is larger,
 * so the instruction will trap or refuse before it does any work.
 */
export function writeLengthHelper(
  out: ByteWriter,
  helper: LengthHelper,
  place: { readonly fuelGlobal: number; readonly cap: number },
): void {
  out.u32(0); // no locals besides the parameter
  out.u8(OP.globalGet);
  out.u32(place.fuelGlobal);

  out.bytes([OP.localGet, 0, OP.i32Const]);
  out.positive(place.cap);
  out.bytes([OP.localGet, 0, OP.i32Const]);
  out.positive(place.cap);
  out.bytes([OP.i32LtU, OP.select, OP.i64ExtendI32U]); // the smaller of length and cap

  out.u8(OP.i64Const);
  out.positive(helper.times);
  out.bytes([OP.i64Mul, OP.i64Const]);
  out.positive(helper.shift);
  out.u8(OP.i64ShrU);
  writeSubtractAndTrap(out, place.fuelGlobal);
  out.bytes([OP.localGet, 0, OP.end]);
}

/** Expects the fuel and the amount to take on the stack. */
function writeSubtractAndTrap(out: ByteWriter, fuelGlobal: number): void {
  out.bytes([OP.i64Sub, OP.globalSet]);
  out.u32(fuelGlobal);
  out.u8(OP.globalGet);
  out.u32(fuelGlobal);
  out.bytes([OP.i64Const, 0, OP.i64LtS]);
  out.bytes([OP.if, EMPTY_BLOCK_TYPE, OP.unreachable, OP.end]);
}
