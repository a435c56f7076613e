/**
 * Types of operands, and the signatures made of them.
 *
 * @module
 */

import type { ByteReader } from './byte-reader.ts';
import { rejectTypeCode } from './unsupported.ts';

const VALUE_TYPES: ReadonlyMap<number, string> = new Map([
  [0x7f, 'i32'],
  [0x7e, 'i64'],
  [0x7d, 'f32'],
  [0x7c, 'f64'],
  [0x7b, 'v128'],
  [0x70, 'funcref'],
  [0x6f, 'externref'],
]);

export interface FunctionType {
  readonly parameterCount: number;
  readonly resultCount: number;
  /** The codes of the parameters, then those of the results. */
  readonly codes: Uint8Array;
}

/** Writes a type as people do: `(i32,i64)->(f32)`. */
export function toSignature(type: FunctionType): string {
  const names = Array.from(type.codes, (code) => VALUE_TYPES.get(code));
  const parameters = names.slice(0, type.parameterCount).join(',');
  return `(${parameters})->(${names.slice(type.parameterCount).join(',')})`;
}

/** Reads one value type and answers its code. */
export function readValueType(reader: ByteReader): number {
  const offset = reader.position;
  const code = reader.u8();
  return VALUE_TYPES.has(code) ? code : rejectTypeCode(code, offset);
}

/** Whether this code stands for a value type, where a type index could stand as well. */
export function isValueType(code: number): boolean {
  return VALUE_TYPES.has(code);
}

/** Reads `funcref` or `externref`, also as the heap types `func` and `extern`; answers its code. */
export function readReferenceType(reader: ByteReader): number {
  const offset = reader.position;
  const code = reader.u8();
  return code === 0x70 || code === 0x6f ? code : rejectTypeCode(code, offset);
}
