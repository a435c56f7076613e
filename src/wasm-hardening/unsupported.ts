/**
 * Names for what is refused on purpose, so that an author reads "threads" and not a number.
 *
 * These tables only choose words. What is accepted is listed elsewhere (`instructions.ts`,
 * `value-types.ts`); whatever is on neither side is refused as unknown.
 *
 * @module
 */

import { hex, reject } from './wasm-rejection.ts';

const EXCEPTIONS = 'exceptions';
const GC = 'garbage-collected (GC) and typed reference types';
const STACK_SWITCHING = 'stack switching';

/** The first and the last code of a range, and whose it is. */
type FeatureRange = readonly [first: number, last: number, feature: string];

const OPCODES: readonly FeatureRange[] = [
  [0x06, 0x0a, EXCEPTIONS],
  [0x14, 0x15, GC],
  [0x18, 0x19, EXCEPTIONS],
  [0x1f, 0x1f, EXCEPTIONS],
  [0xd3, 0xd6, GC],
  [0xe0, 0xe6, STACK_SWITCHING],
  [0xfb, 0xfb, GC],
  [0xfe, 0xfe, 'threads (atomic operations)'],
];

const TYPE_CODES: readonly FeatureRange[] = [
  [0x40, 0x40, GC], // a table with an initialiser
  [0x4e, 0x50, GC],
  [0x5d, 0x5d, STACK_SWITCHING],
  [0x5e, 0x5f, GC],
  [0x63, 0x64, GC],
  [0x68, 0x68, STACK_SWITCHING],
  [0x69, 0x69, EXCEPTIONS],
  [0x6a, 0x6e, GC],
  [0x71, 0x73, GC],
  [0x74, 0x74, EXCEPTIONS],
  [0x75, 0x75, STACK_SWITCHING],
  [0x77, 0x78, GC],
];

/** Refuses a feature by its name. `evidence` is what gave it away. */
export function rejectFeature(feature: string, evidence: string, offset: number): never {
  return reject(`${feature} must not be used (${evidence})`, offset);
}

export function rejectOpcode(opcode: number, offset: number): never {
  return rejectCode(OPCODES, 'opcode', { code: opcode, offset });
}

export function rejectTypeCode(code: number, offset: number): never {
  return rejectCode(TYPE_CODES, 'type code', { code, offset });
}

/** Exceptions also appear as a section, an import kind and an export kind of their own. */
export function rejectTag(evidence: string, offset: number): never {
  return rejectFeature(EXCEPTIONS, evidence, offset);
}

function rejectCode(
  ranges: readonly FeatureRange[],
  what: string,
  found: { readonly code: number; readonly offset: number },
): never {
  const evidence = `${what} ${hex(found.code)}`;
  const range = ranges.find(([first, last]) => found.code >= first && found.code <= last);
  if (range !== undefined) rejectFeature(range[2], evidence, found.offset);
  return reject(`${evidence} must be a known one`, found.offset);
}
