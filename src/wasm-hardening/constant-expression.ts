/**
 * Initialisers of globals and segments: a few instructions that the engine runs at instantiation.
 *
 * They run before any fuel is counted, so only what takes constant time is allowed here: constants,
 * references, and the three integer operations of the extended-const proposal; and not too many.
 *
 * @module
 */

import type { ByteReader } from './byte-reader.ts';
import { readIndex } from './read-list.ts';
import { MAX_CONSTANT_INSTRUCTIONS, MAX_CONSTANT_INSTRUCTIONS_IN_ALL } from './structure-limits.ts';
import { rejectOpcode } from './unsupported.ts';
import { readReferenceType } from './value-types.ts';
import { hex, reject } from './wasm-rejection.ts';

/** What of the uploaded module an initialiser may refer to. */
export interface ConstantScope {
  readonly functionCount: number;
  readonly globalCount: number;
  /** Takes down the functions that are referred to: they can be called without being named. */
  readonly references: Set<number>;
  /** One for all initialisers of a module. */
  readonly constants: ConstantCount;
}

/** Counts the instructions of all initialisers together. */
export class ConstantCount {
  #left = MAX_CONSTANT_INSTRUCTIONS_IN_ALL;

  add(offset: number): void {
    this.#left -= 1;
    if (this.#left < 0)
      reject(
        `initialisers must have at most ${MAX_CONSTANT_INSTRUCTIONS_IN_ALL} instructions in all`,
        offset,
      );
  }
}

type SkipImmediate = (reader: ByteReader, scope: ConstantScope) => void;

const noImmediate: SkipImmediate = () => {};

/** By opcode. */
const CONSTANT_INSTRUCTIONS: ReadonlyMap<number, SkipImmediate> = new Map([
  [0x23, (reader, scope) => readIndex(reader, 'global', scope.globalCount)], // global.get
  [0x41, (reader) => reader.skipSigned(32)], // i32.const
  [0x42, (reader) => reader.skipSigned(64)], // i64.const
  [0x43, (reader) => reader.skip(4)], // f32.const
  [0x44, (reader) => reader.skip(8)], // f64.const
  [0x6a, noImmediate], // i32.add
  [0x6b, noImmediate], // i32.sub
  [0x6c, noImmediate], // i32.mul
  [0x7c, noImmediate], // i64.add
  [0x7d, noImmediate], // i64.sub
  [0x7e, noImmediate], // i64.mul
  [0xd0, readReferenceType], // ref.null
  [0xd2, readFunctionReference], // ref.func
  [0xfd, skipVectorConstant],
] satisfies [number, SkipImmediate][]);

/** Reads the index of a function that is thereby referred to. */
export function readFunctionReference(reader: ByteReader, scope: ConstantScope): void {
  scope.references.add(readIndex(reader, 'function', scope.functionCount));
}

/** Passes over one initialiser and its `end`. */
export function skipConstantExpression(reader: ByteReader, scope: ConstantScope): void {
  const start = reader.position;
  for (let count = 0; count <= MAX_CONSTANT_INSTRUCTIONS; count++) {
    const offset = reader.position;
    const opcode = reader.u8();
    if (opcode === END) return;
    scope.constants.add(offset);
    const skip = CONSTANT_INSTRUCTIONS.get(opcode) ?? rejectNonConstant(opcode, offset);
    skip(reader, scope);
  }
  reject(`initialiser must have at most ${MAX_CONSTANT_INSTRUCTIONS} instructions`, start);
}

const END = 0x0b;
const V128_CONST = 12;

function skipVectorConstant(reader: ByteReader): void {
  const offset = reader.position;
  const opcode = reader.u32();
  if (opcode !== V128_CONST) reject(`SIMD opcode ${opcode} must not be in an initialiser`, offset);
  reader.skip(16);
}

/** An instruction of a refused feature is called by its name, any other by its opcode. */
function rejectNonConstant(opcode: number, offset: number): never {
  if (opcode >= FIRST_OPCODE_OF_LATER_FEATURES) rejectOpcode(opcode, offset);
  return reject(`opcode ${hex(opcode)} must not be in an initialiser`, offset);
}

const FIRST_OPCODE_OF_LATER_FEATURES = 0xd3;
