/**
 * The functions that a module expects from its host. Nothing else may be imported.
 *
 * @module
 */

import type { ByteReader } from './byte-reader.ts';
import { readTypeOf } from './function-declarations.ts';
import type { ImportPolicy } from './hardening-policy.ts';
import { readListSection } from './read-list.ts';
import { MAX_ITEMS } from './structure-limits.ts';
import { rejectTag } from './unsupported.ts';
import { type FunctionType, toSignature } from './value-types.ts';
import { hex, quote, reject } from './wasm-rejection.ts';

/** A function that the module expects from its host. */
export interface ModuleImport {
  readonly module: string;
  readonly name: string;
  /** Signature, as `(i64)->(i64)`. */
  readonly type: string;
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
      const type = readTypeOf(reader, types);
      const signature = toSignature(type);
      if (!allows(module, name, signature))
        reject(`${what} must be a function that the host offers`, offset);
      imports.push({ module, name, type: signature });
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
