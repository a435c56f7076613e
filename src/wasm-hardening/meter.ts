/**
 * Rewrites the code section: every body as it was, with charges at the planned places, and the
 * length helpers behind them.
 *
 * @module
 */

import { ByteReader } from './byte-reader.ts';
import { ByteWriter } from './byte-writer.ts';
import type { ChargePoint } from './charge-plan.ts';
import { CompileCost } from './compile-cost.ts';
import {
  type AppendedIndices,
  LENGTH_HELPERS,
  writeCharge,
  writeLengthCharge,
  writeLengthHelper,
} from './fuel-code.ts';
import { planCharges } from './function-body.ts';
import type { LengthUnit } from './instruction.ts';
import type { ModuleShape } from './module-shape.ts';
import { readList } from './read-list.ts';
import { MAX_BODY_BYTES, MAX_METERED_BODY_BYTES } from './structure-limits.ts';
import { readValueType } from './value-types.ts';
import { reject } from './wasm-rejection.ts';

/** Most locals in one function, parameters included. */
export const MAX_LOCALS = 5_000;

/** Bytes in a memory page. */
const PAGE_BYTES = 65_536;

export interface MeteredCode {
  /** The content of the new code section. */
  readonly content: ByteWriter;
  /** Places where fuel is taken. */
  readonly chargeCount: number;
}

export interface Metering {
  readonly shape: ModuleShape;
  readonly appended: AppendedIndices;
  /** Largest content of the new code section. */
  readonly maxBytes: number;
}

/** `section` is the uploaded code section; a module without one still gets the helpers. */
export function meterCode(section: ByteReader | undefined, metering: Metering): MeteredCode {
  const { shape } = metering;
  const content = new ByteWriter((section?.bytes.length ?? 0) + 256);
  const bodies = new BodyMeter(metering, content);
  const ownCount = shape.functions.length - shape.imports.length;
  content.u32(ownCount + LENGTH_HELPERS.length);

  const offset = section?.position;
  const bodyCount = section?.u32() ?? 0;
  if (bodyCount !== ownCount)
    reject(`number of bodies ${bodyCount} must be that of functions, ${ownCount}`, offset);
  for (let index = 0; section !== undefined && index < bodyCount; index++)
    bodies.meter(section, shape.imports.length + index);
  section?.expectEnd('code section');

  writeHelpers(content, metering);
  return { content, chargeCount: bodies.chargeCount };
}

class BodyMeter {
  chargeCount = 0;
  private readonly metering: Metering;
  private readonly content: ByteWriter;
  private readonly body = new ByteWriter(4096);
  private readonly cost = new CompileCost();

  constructor(metering: Metering, content: ByteWriter) {
    this.metering = metering;
    this.content = content;
  }

  /** Reads the next body from `section` and writes it with its charges. */
  meter(section: ByteReader, functionIndex: number): void {
    const offset = section.position;
    const size = section.u32();
    if (size > MAX_BODY_BYTES)
      reject(`function body of ${size} bytes must have at most ${MAX_BODY_BYTES}`, offset);
    const start = section.position;
    section.skip(size);

    const reader = new ByteReader(section.bytes, start, section.position);
    const module = this.metering.shape;
    const parameterCount = module.functions[functionIndex]?.parameterCount ?? 0;
    this.cost.beginFunction(start);
    const localCount = parameterCount + readLocals(reader, MAX_LOCALS - parameterCount);
    const points = planCharges(reader, { module, localCount }, this.cost);
    this.write(section.bytes.subarray(start, section.position), points, start);
  }

  private write(original: Uint8Array, points: readonly ChargePoint[], start: number): void {
    this.body.reset();
    let copied = 0;
    for (const point of points) {
      if (point.fuel === 0 && point.chargedPer === undefined) continue;
      this.body.bytes(original.subarray(copied, point.offset - start));
      copied = point.offset - start;
      this.writeCharge(point);
    }
    this.body.bytes(original.subarray(copied));
    if (this.body.length > MAX_METERED_BODY_BYTES)
      reject(`function body with charges must have at most ${MAX_METERED_BODY_BYTES} bytes`, start);
    this.content.sized(this.body);
    if (this.content.length > this.metering.maxBytes)
      reject(`code with charges must have at most ${this.metering.maxBytes} bytes`, start);
  }

  private writeCharge(point: ChargePoint): void {
    const { appended } = this.metering;
    this.chargeCount += 1;
    if (point.chargedPer !== undefined) writeLengthCharge(this.body, appended, point.chargedPer);
    else writeCharge(this.body, appended.fuelGlobal, point.fuel);
  }
}

/** Reads the declarations of locals, which are runs of one type, and answers how many there are. */
function readLocals(reader: ByteReader, most: number): number {
  let count = 0;
  readList(reader, {
    what: 'groups of locals',
    atMost: MAX_LOCALS,
    readItem() {
      const offset = reader.position;
      count += reader.u32();
      if (count > most) reject(`function must have at most ${MAX_LOCALS} locals`, offset);
      readValueType(reader);
    },
  });
  return count;
}

function writeHelpers(content: ByteWriter, { shape, appended }: Metering): void {
  const pages = shape.memory?.max ?? 0;
  const caps: Record<LengthUnit, number> = {
    bytes: pages * PAGE_BYTES,
    elements: Math.max(0, ...shape.tables.map((table) => table.size.max)),
    pages,
  };
  for (const helper of LENGTH_HELPERS) {
    const body = new ByteWriter();
    writeLengthHelper(body, helper, { fuelGlobal: appended.fuelGlobal, cap: caps[helper.unit] });
    content.sized(body);
  }
}
