/**
 * Rewrites the code section: every body as it was, with charges at the planned places, and our own
 * functions behind them.
 *
 * @module
 */

import {
  type AppendedIndices,
  toFillerBody,
  toHelperBodies,
  writeLengthCharge,
} from './appended-functions.ts';
import { ByteReader } from './byte-reader.ts';
import { ByteWriter } from './byte-writer.ts';
import type { PlannedCode } from './charge-plan.ts';
import { CompileCost } from './compile-cost.ts';
import { findPrepaid } from './find-prepaid.ts';
import { writeCharge, writeCopy, writeLoopCharge } from './fuel-code.ts';
import { type FunctionBody, openBody, readBodies } from './function-bodies.ts';
import { planCharges } from './function-body.ts';
import type { ModuleShape } from './module-shape.ts';
import type { PrepaidFunctions } from './prepaid-functions.ts';
import { SmallBodies } from './small-bodies.ts';
import { MAX_METERED_BODY_BYTES } from './structure-limits.ts';
import { reject } from './wasm-rejection.ts';

export interface MeteredCode {
  /** The bodies, without their number. */
  readonly bodies: ByteWriter;
  readonly bodyCount: number;
  /** How many of them are not the module's own. They stand at the end. */
  readonly appendedCount: number;
  /** Places where fuel is taken. */
  readonly chargeCount: number;
  /** See `compile-cost.ts`. */
  readonly compileUnits: number;
}

export interface Metering {
  readonly shape: ModuleShape;
  readonly appended: AppendedIndices;
  /** Largest content of the new code section. */
  readonly maxBytes: number;
  /** Units of code that one unit of fuel pays for. */
  readonly unitsPerFuel: number;
}

/** `section` is the uploaded code section; a module without one still gets our own functions. */
export function meterCode(section: ByteReader | undefined, metering: Metering): MeteredCode {
  const { shape, appended } = metering;
  const bytes = section?.bytes ?? new Uint8Array();
  const bodies = readBodies(section, shape);
  const prepaid = findPrepaid(bodies, bytes, shape);
  const meter = new BodyMeter({ ...metering, bytes, prepaid });
  for (const body of bodies) meter.write(body);
  for (const helper of toHelperBodies(shape, appended)) meter.append(helper);
  for (let left = meter.sizes.missing; left > 0; left--) meter.append(toFillerBody());
  return {
    bodies: meter.written,
    bodyCount: bodies.length + meter.appendedCount,
    appendedCount: meter.appendedCount,
    chargeCount: meter.chargeCount,
    compileUnits: meter.cost.units,
  };
}

interface BodyMetering extends Metering {
  /** The upload. */
  readonly bytes: Uint8Array;
  readonly prepaid: PrepaidFunctions;
}

class BodyMeter {
  readonly written: ByteWriter;
  readonly sizes = new SmallBodies();
  readonly cost = new CompileCost();
  appendedCount = 0;
  chargeCount = 0;
  private readonly metering: BodyMetering;
  private readonly body = new ByteWriter(4096);

  constructor(metering: BodyMetering) {
    this.metering = metering;
    this.written = new ByteWriter(metering.bytes.length + 256);
  }

  /** Adds a body of ours. */
  append(body: ByteWriter): void {
    this.written.sized(body);
    this.sizes.addAppended(body.length);
    this.appendedCount += 1;
  }

  /** Writes a body of the upload with its charges. */
  write(body: FunctionBody): void {
    const { bytes, shape, prepaid, maxBytes } = this.metering;
    this.cost.beginFunction(body.start);
    const open = openBody(body, bytes, { module: shape, prepaid });
    const place = { ...body, codeStart: open.reader.position, copyLocal: open.scope.localCount };
    const { code } = planCharges(open, this.cost);
    // The callers of a prepaid function pay for all of it but what is charged by length.
    this.rewrite(place, prepaid.has(body.functionIndex) ? code.filter(isByLength) : code);
    if (this.body.length > MAX_METERED_BODY_BYTES)
      reject(
        `function body with charges must have at most ${MAX_METERED_BODY_BYTES} bytes`,
        body.start,
      );
    this.written.sized(this.body);
    this.sizes.add(body.end - body.start, this.body.length);
    if (this.written.length > maxBytes)
      reject(`code with charges must have at most ${maxBytes} bytes`, body.start);
  }

  private rewrite(body: BodyPlace, code: readonly PlannedCode[]): void {
    const { bytes } = this.metering;
    this.body.reset();
    let copied = body.start;
    if (code.some(({ kind }) => kind === 'copy')) {
      this.declareCopyLocal(body);
      copied = body.codeStart;
    }
    for (const planned of code) {
      if (planned.kind === 'region' && planned.fuel === 0) continue;
      this.body.bytes(bytes.subarray(copied, planned.offset));
      copied = planned.offset;
      this.writePlanned(planned, body.copyLocal);
    }
    this.body.bytes(bytes.subarray(copied, body.end));
  }

  /** Writes the declarations of locals as they were, and one more behind them. */
  private declareCopyLocal({ start, codeStart }: BodyPlace): void {
    const declarations = new ByteReader(this.metering.bytes, start, codeStart);
    this.body.u32(declarations.u32() + 1);
    this.body.bytes(this.metering.bytes.subarray(declarations.position, codeStart));
    this.body.bytes([1, I64]);
  }

  private writePlanned(planned: PlannedCode, copyLocal: number): void {
    const { appended, unitsPerFuel } = this.metering;
    const { fuelGlobal } = appended;
    if (planned.kind !== 'copy') this.chargeCount += 1;
    switch (planned.kind) {
      case 'copy':
        writeCopy(this.body, { fuelGlobal, copyLocal });
        break;
      case 'length':
        writeLengthCharge(this.body, appended, planned.chargedPer);
        break;
      case 'region': {
        const fuel = Math.ceil(planned.fuel / unitsPerFuel);
        if (planned.isInLoop) writeLoopCharge(this.body, { fuelGlobal, copyLocal }, fuel);
        else writeCharge(this.body, fuelGlobal, fuel);
      }
    }
  }
}

const I64 = 0x7e;

/** Offsets in the upload, and the index of the local that copies of the fuel are kept in. */
interface BodyPlace extends FunctionBody {
  /** Of the first instruction, behind the declarations of locals. */
  readonly codeStart: number;
  readonly copyLocal: number;
}

const isByLength = ({ kind }: PlannedCode) => kind === 'length';
