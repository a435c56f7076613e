/**
 * The instructions that take fuel.
 *
 * Fuel is a global that the module has no index for. Taking fuel is: subtract, store, and trap
 * when the rest is negative. All of it leaves the operand stack as it was.
 *
 * @module
 */

import type { ByteWriter } from './byte-writer.ts';

/** The opcodes of what hardening writes. */
export const WRITTEN = {
  unreachable: 0x00,
  if: 0x04,
  end: 0x0b,
  call: 0x10,
  select: 0x1b,
  localGet: 0x20,
  localSet: 0x21,
  localTee: 0x22,
  globalGet: 0x23,
  globalSet: 0x24,
  memorySize: 0x3f,
  i32Const: 0x41,
  i64Const: 0x42,
  i32LtU: 0x49,
  i64LtS: 0x53,
  i64GtU: 0x56,
  i64Add: 0x7c,
  i64Sub: 0x7d,
  i64Mul: 0x7e,
  i64ShrU: 0x88,
  i64ExtendI32U: 0xad,
} as const;

const EMPTY_BLOCK_TYPE = 0x40;

/** Takes a fixed amount. */
export function writeCharge(out: ByteWriter, fuelGlobal: number, fuel: number): void {
  out.u8(WRITTEN.globalGet);
  out.u32(fuelGlobal);
  out.u8(WRITTEN.i64Const);
  out.positive(fuel);
  writeSubtractAndTrap(out, fuelGlobal);
}

/** Expects the fuel and the amount to take on the stack. */
export function writeSubtractAndTrap(out: ByteWriter, fuelGlobal: number): void {
  out.bytes([WRITTEN.i64Sub, WRITTEN.globalSet]);
  out.u32(fuelGlobal);
  out.u8(WRITTEN.globalGet);
  out.u32(fuelGlobal);
  writeTrapIfNegative(out);
}

/** Where the fuel is, and where a loop keeps its copy. */
export interface CopiedFuel {
  readonly fuelGlobal: number;
  /** An `i64` behind the function's own locals. */
  readonly copyLocal: number;
}

export function writeCopy(out: ByteWriter, { fuelGlobal, copyLocal }: CopiedFuel): void {
  out.u8(WRITTEN.globalGet);
  out.u32(fuelGlobal);
  out.u8(WRITTEN.localSet);
  out.u32(copyLocal);
}

/**
 * Takes a fixed amount from the copy, and keeps the global equal to it. The engine need not wait
 * for what the last turn stored, which is most of what a charge costs in a short loop.
 */
export function writeLoopCharge(out: ByteWriter, place: CopiedFuel, fuel: number): void {
  out.u8(WRITTEN.localGet);
  out.u32(place.copyLocal);
  out.u8(WRITTEN.i64Const);
  out.positive(fuel);
  out.bytes([WRITTEN.i64Sub, WRITTEN.localTee]);
  out.u32(place.copyLocal);
  out.u8(WRITTEN.globalSet);
  out.u32(place.fuelGlobal);
  out.u8(WRITTEN.localGet);
  out.u32(place.copyLocal);
  writeTrapIfNegative(out);
}

function writeTrapIfNegative(out: ByteWriter): void {
  out.bytes([WRITTEN.i64Const, 0, WRITTEN.i64LtS]);
  out.bytes([WRITTEN.if, EMPTY_BLOCK_TYPE, WRITTEN.unreachable, WRITTEN.end]);
}
