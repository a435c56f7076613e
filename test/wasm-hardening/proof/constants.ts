/**
 * The constants of a script: arguments as JavaScript passes them, vectors as their bits.
 */

import { headOf, type List } from './s-expression.ts';

/** 128 bits, low half first. JavaScript cannot hand these to a module. */
export interface Vector {
  readonly low: bigint;
  readonly high: bigint;
}

export type Constant =
  | { readonly type: 'i32' | 'f32' | 'f64'; readonly value: number }
  | { readonly type: 'i64'; readonly value: bigint }
  | { readonly type: 'v128'; readonly value: Vector }
  | { readonly type: 'reference'; readonly value: unknown };

/** Answers nothing for what JavaScript has no value for, such as a reference to a structure. */
export function readConstant(list: List): Constant | undefined {
  const words = list.items.flatMap((item) => (item.kind === 'atom' ? [item.text] : []));
  const word = words[1] ?? '';
  switch (headOf(list)) {
    case 'i32.const':
      return { type: 'i32', value: Number(BigInt.asIntN(32, readInteger(word))) };
    case 'i64.const':
      return { type: 'i64', value: BigInt.asIntN(64, readInteger(word)) };
    case 'f32.const':
      return { type: 'f32', value: Math.fround(readFloat(word)) };
    case 'f64.const':
      return { type: 'f64', value: readFloat(word) };
    case 'v128.const':
      return { type: 'v128', value: readVector(word, words.slice(2)) };
    case 'ref.null':
      return { type: 'reference', value: null };
    case 'ref.extern':
      return { type: 'reference', value: `external ${word}` };
    default:
      return undefined;
  }
}

function readInteger(word: string): bigint {
  const [, sign, digits = '0'] = /^([+-]?)(.*)$/.exec(word.replaceAll('_', '')) ?? [];
  return sign === '-' ? -BigInt(digits) : BigInt(digits);
}

function readFloat(word: string): number {
  const [, sign, text = ''] = /^([+-]?)(.*)$/.exec(word.replaceAll('_', '')) ?? [];
  const size = text.startsWith('nan')
    ? Number.NaN
    : text === 'inf'
      ? Number.POSITIVE_INFINITY
      : text.startsWith('0x')
        ? readHexFloat(text)
        : Number(text);
  return sign === '-' ? -size : size;
}

/** `0x1.8p3`; exact, since no constant of the suite has more digits than a double. */
function readHexFloat(text: string): number {
  const [, whole = '0', part = '', exponent = '0'] =
    /^0x([0-9a-f]*)(?:\.([0-9a-f]*))?(?:p([+-]?\d+))?$/i.exec(text) ?? [];
  const digits = BigInt(`0x${whole}${part}` === '0x' ? '0x0' : `0x${whole}${part}`);
  return scale(Number(digits), Number(exponent) - 4 * part.length);
}

/** In two steps, so that neither is out of range where their product is not. */
function scale(value: number, exponent: number): number {
  const half = Math.trunc(exponent / 2);
  return value * 2 ** half * 2 ** (exponent - half);
}

const LANE_BYTES: Readonly<Record<string, number>> = {
  ...{ i8x16: 1, i16x8: 2, i32x4: 4, i64x2: 8, f32x4: 4, f64x2: 8 },
};

function readVector(shape: string, lanes: readonly string[]): Vector {
  const view = new DataView(new ArrayBuffer(16));
  const size = LANE_BYTES[shape] ?? 16;
  lanes.forEach((lane, index) => {
    const offset = index * size;
    if (shape === 'f32x4') writeFloat(view, { offset, lane, size });
    else if (shape === 'f64x2') writeFloat(view, { offset, lane, size });
    else writeInteger(view, { offset, lane, size });
  });
  return { low: view.getBigInt64(0, true), high: view.getBigInt64(8, true) };
}

interface Lane {
  readonly offset: number;
  readonly lane: string;
  readonly size: number;
}

function writeInteger(view: DataView, { offset, lane, size }: Lane): void {
  let bits = BigInt.asUintN(8 * size, readInteger(lane));
  for (let byte = 0; byte < size; byte++) {
    view.setUint8(offset + byte, Number(bits & 0xffn));
    bits >>= 8n;
  }
}

/** The bits of a NaN count: a vector may carry any. */
function writeFloat(view: DataView, { offset, lane, size }: Lane): void {
  if (size === 4) view.setFloat32(offset, readFloat(lane), true);
  else view.setFloat64(offset, readFloat(lane), true);
  const payload = /nan:0x([0-9a-fA-F_]+)$/.exec(lane)?.[1];
  if (!/nan/.test(lane)) return;
  const fraction = payload === undefined ? undefined : BigInt(`0x${payload.replaceAll('_', '')}`);
  const sign = lane.startsWith('-') ? 1n : 0n;
  if (size === 4)
    view.setUint32(offset, Number((sign << 31n) | 0x7f80_0000n | (fraction ?? 0x40_0000n)), true);
  else
    view.setBigUint64(
      offset,
      (sign << 63n) | 0x7ff0_0000_0000_0000n | (fraction ?? 0x8_0000_0000_0000n),
      true,
    );
}
