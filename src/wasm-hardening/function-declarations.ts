/**
 * The sections that declare function types, imports and functions.
 *
 * @module
 */

import type { ByteReader } from './byte-reader.ts';
import type { ImportPolicy } from './hardening-policy.ts';
import { readIndex, readList, readListSection } from './read-list.ts';
import { MAX_ITEMS } from './structure-limits.ts';
import { rejectTag, rejectTypeCode } from './unsupported.ts';
import { type FunctionType, readValueType, toSignature } from './value-types.ts';
import { hex, quote, reject } from './wasm-rejection.ts';

/** A function that the module expects from its host. */
export interface ModuleImport {
  readonly module: string;
  readonly name: string;
  /** Signature, as `(i64)->(i64)`. The import policy has looked at names only. */
  readonly type: string;
}

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

export interface Imports {
  readonly imports: readonly ModuleImport[];
  /** The types of the imported functions, which have the first function indices. */
  readonly functions: readonly FunctionType[];
}

export function readImports(
  section: ByteReader | undefined,
  types: readonly FunctionType[],
  allows: ImportPolicy,
): Imports {
  const imports: ModuleImport[] = [];
  const functions: FunctionType[] = [];
  readListSection(section, {
    what: 'imports',
    atMost: MAX_ITEMS.imports,
    readItem(reader) {
      const offset = reader.position;
      const module = reader.name();
      const name = reader.name();
      const what = `import ${quote(module)} ${quote(name)}`;
      expectFunctionKind(reader, what);
      const type = readType(reader, types);
      if (!allows(module, name)) reject(`${what} must be a function that the host offers`, offset);
      imports.push({ module, name, type: toSignature(type) });
      functions.push(type);
    },
  });
  return { imports, functions };
}

const FUNCTION_KIND = 0;
const TAG_KIND = 4;

function expectFunctionKind(reader: ByteReader, what: string): void {
  const offset = reader.position;
  const kind = reader.u8();
  if (kind === TAG_KIND) rejectTag(what, offset);
  if (kind !== FUNCTION_KIND)
    reject(`${what} must be a function, but is of kind ${hex(kind)}`, offset);
}

function readType(reader: ByteReader, types: readonly FunctionType[]): FunctionType {
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
    readItem: (reader) => functions.push(readType(reader, types)),
  });
  return functions;
}
