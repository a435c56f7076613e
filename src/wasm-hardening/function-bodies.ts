/**
 * Where the bodies of a module's own functions are, and what stands before their first instruction.
 *
 * @module
 */

import { ByteReader } from './byte-reader.ts';
import type { ModuleShape } from './module-shape.ts';
import type { BodyScope } from './plain-immediates.ts';
import { readList } from './read-list.ts';
import { MAX_BODY_BYTES } from './structure-limits.ts';
import { readValueType } from './value-types.ts';
import { reject } from './wasm-rejection.ts';

/** Most locals in one function, parameters included. */
export const MAX_LOCALS = 5_000;

export interface FunctionBody {
  /** Among all functions, imported ones first. */
  readonly functionIndex: number;
  /** Offsets in the upload of its first byte and of the byte behind it. */
  readonly start: number;
  readonly end: number;
}

/** Finds the body of every function that the module declares. */
export function readBodies(
  section: ByteReader | undefined,
  { functions, imports }: ModuleShape,
): readonly FunctionBody[] {
  const bodies: FunctionBody[] = [];
  const ownCount = functions.length - imports.length;
  const offset = section?.position;
  const count = section?.u32() ?? 0;
  if (count !== ownCount)
    reject(`number of bodies ${count} must be that of functions, ${ownCount}`, offset);
  for (let index = 0; section !== undefined && index < count; index++)
    bodies.push({ functionIndex: imports.length + index, ...readBodyRange(section) });
  section?.expectEnd('code section');
  return bodies;
}

function readBodyRange(section: ByteReader): { start: number; end: number } {
  const offset = section.position;
  const size = section.u32();
  if (size > MAX_BODY_BYTES)
    reject(`function body of ${size} bytes must have at most ${MAX_BODY_BYTES}`, offset);
  const start = section.position;
  section.skip(size);
  return { start, end: section.position };
}

/** A reader at the first instruction of a body, and what that instruction may refer to. */
export interface OpenBody {
  readonly reader: ByteReader;
  readonly scope: BodyScope;
}

export function openBody(
  body: FunctionBody,
  bytes: Uint8Array,
  { module, prepaid }: Pick<BodyScope, 'module' | 'prepaid'>,
): OpenBody {
  const reader = new ByteReader(bytes, body.start, body.end);
  const parameterCount = module.functions[body.functionIndex]?.parameterCount ?? 0;
  const localCount = parameterCount + readLocals(reader, MAX_LOCALS - parameterCount);
  return { reader, scope: { module, prepaid, localCount } };
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
