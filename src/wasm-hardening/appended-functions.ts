/**
 * The functions that hardening adds behind those of the module: helpers that charge by length, and
 * small ones that nobody calls (`small-bodies.ts`).
 *
 * @module
 */

import { ByteWriter } from './byte-writer.ts';
import { WRITTEN, writeSubtractAndTrap } from './fuel-code.ts';
import type { LengthUnit } from './instruction.ts';
import type { ModuleShape } from './module-shape.ts';

/** Indices of what is appended, which follow all those that the module itself can name. */
export interface AppendedIndices {
  readonly fuelGlobal: number;
  /** `i32`; absent from a module without memory. See `GROW_REFUSED_EXPORT`. */
  readonly growRefusedGlobal: number | undefined;
  /** The first of the length helpers; the others follow in the order of {@link LENGTH_HELPERS}. */
  readonly firstHelper: number;
  /** `(i32)->(i32)`, the type of all appended functions. */
  readonly helperType: number;
}

/**
 * A length helper takes a length, charges for it and gives it back. Fuel is `length × times`,
 * divided by `2 ^ shift`. Filling 8 bytes takes about as long as a simple instruction. Writing
 * one table element takes 20 ns and more. A page costs once, when it is first touched.
 */
const LENGTH_HELPERS = [
  { unit: 'bytes', times: 1, shift: 3 },
  { unit: 'elements', times: 16, shift: 0 },
  { unit: 'pages', times: 512, shift: 0 },
] as const satisfies readonly LengthHelper[];

interface LengthHelper {
  readonly unit: LengthUnit;
  readonly times: number;
  readonly shift: number;
}

/** Bytes in a memory page. */
const PAGE_BYTES = 65_536;

/** Calls the helper that takes fuel by the operand on top of the stack, and leaves it there. */
export function writeLengthCharge(
  out: ByteWriter,
  appended: AppendedIndices,
  unit: LengthUnit,
): void {
  out.u8(WRITTEN.call);
  out.u32(appended.firstHelper + LENGTH_HELPERS.findIndex((helper) => helper.unit === unit));
}

/** The bodies of the length helpers, in their order. */
export function toHelperBodies(
  shape: Pick<ModuleShape, 'memory' | 'tables'>,
  { fuelGlobal, growRefusedGlobal }: AppendedIndices,
): readonly ByteWriter[] {
  const pages = shape.memory?.max ?? 0;
  const caps: Record<LengthUnit, number> = {
    bytes: pages * PAGE_BYTES,
    elements: Math.max(0, ...shape.tables.map((table) => table.size.max)),
    pages,
  };
  return LENGTH_HELPERS.map((helper) => {
    const place = { fuelGlobal, cap: caps[helper.unit] };
    return toHelperBody(helper, helper.unit === 'pages' ? { ...place, growRefusedGlobal } : place);
  });
}

/** Gives back what it is given. */
export function toFillerBody(): ByteWriter {
  const body = new ByteWriter();
  body.bytes([0, WRITTEN.localGet, 0, WRITTEN.end]);
  return body;
}

interface HelperPlace {
  readonly fuelGlobal: number;
  readonly cap: number;
  /** For the helper of `memory.grow` alone. */
  readonly growRefusedGlobal?: number | undefined;
}

/**
 * Lengths above `cap` count as `cap`: no memory or table is larger, so the instruction will trap
 * or refuse before it does any work.
 */
function toHelperBody(helper: LengthHelper, place: HelperPlace): ByteWriter {
  const out = new ByteWriter();
  out.u32(0); // no locals besides the parameter
  out.u8(WRITTEN.globalGet);
  out.u32(place.fuelGlobal);

  out.bytes([WRITTEN.localGet, 0, WRITTEN.i32Const]);
  out.positive(place.cap);
  out.bytes([WRITTEN.localGet, 0, WRITTEN.i32Const]);
  out.positive(place.cap);
  out.bytes([WRITTEN.i32LtU, WRITTEN.select, WRITTEN.i64ExtendI32U]); // the smaller of both

  out.u8(WRITTEN.i64Const);
  out.positive(helper.times);
  out.bytes([WRITTEN.i64Mul, WRITTEN.i64Const]);
  out.positive(helper.shift);
  out.u8(WRITTEN.i64ShrU);
  writeSubtractAndTrap(out, place.fuelGlobal);
  if (place.growRefusedGlobal !== undefined) writeGrowRefused(out, place.growRefusedGlobal, place);
  out.bytes([WRITTEN.localGet, 0, WRITTEN.end]);
  return out;
}

/** Notes whether so many pages more are more than there can be, as `memory.grow` will find too. */
function writeGrowRefused(out: ByteWriter, global: number, { cap }: HelperPlace): void {
  out.bytes([WRITTEN.memorySize, 0, WRITTEN.i64ExtendI32U]);
  out.bytes([WRITTEN.localGet, 0, WRITTEN.i64ExtendI32U]);
  out.bytes([WRITTEN.i64Add, WRITTEN.i64Const]);
  out.positive(cap);
  out.bytes([WRITTEN.i64GtU, WRITTEN.globalSet]);
  out.u32(global);
}
