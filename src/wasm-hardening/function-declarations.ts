/**
 * The sections that declare function types, and the types of the module's own functions.
 *
 * @module
 */

import type { ByteReader } from './byte-reader.ts';
import { readIndex, readList, readListSection } from './read-list.ts';
import { MAX_ITEMS } from './structure-limits.ts';
import { rejectTypeCode } from './unsupported.ts';
import { type FunctionType, readValueType } from './value-types.ts';
import { reject } from './wasm-rejection.ts';

const FUNCTION_TYPE = 0x60;

export function readTypes(section: ByteReader | undefined): readonly FunctionType[] {
  const types: FunctionType[] = [];
  readListSection(section, {
    what: 'types',
    atMost: MAX_ITEMS.types,
    readItem: (reader) => types.push(readFunctionType(reader)),
  });
  return types;
}

function readFunctionType(reader: ByteReader): FunctionType {
  const offset = reader.position;
  const form = reader.u8();
  if (form !== FUNCTION_TYPE) rejectTypeCode(form, offset);
  const codes: number[] = [];
  const readItem = () => codes.push(readValueType(reader));
  readList(reader, { what: 'parameters', atMost: MAX_ITEMS.parameters, readItem });
  const parameterCount = codes.length;
  readList(reader, { what: 'results', atMost: MAX_ITEMS.results, readItem });
  const resultCount = codes.length - parameterCount;
  return { parameterCount, resultCount, codes: Uint8Array.from(codes) };
}

/** Reads the index of a declared type. */
export function readTypeOf(reader: ByteReader, types: readonly FunctionType[]): FunctionType {
  const offset = reader.position;
  const type = types[readIndex(reader, 'type', types.length)];
  return type ?? reject('type must be declared', offset);
}

/** Reads the types of the functions whose bodies the module holds. */
export function readFunctions(
  section: ByteReader | undefined,
  types: readonly FunctionType[],
): readonly FunctionType[] {
  const functions: FunctionType[] = [];
  readListSection(section, {
    what: 'functions',
    atMost: MAX_ITEMS.functions,
    readItem: (reader) => functions.push(readTypeOf(reader, types)),
  });
  return functions;
}
