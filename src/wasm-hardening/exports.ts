/**
 * What a module shows to its host, and the function that it wants to run first.
 *
 * @module
 */

import type { ByteReader } from './byte-reader.ts';
import { readIndex, readListSection } from './read-list.ts';
import { RESERVED_PREFIX } from './reserved-exports.ts';
import { MAX_ITEMS } from './structure-limits.ts';
import { rejectTag } from './unsupported.ts';
import { type FunctionType, toSignature } from './value-types.ts';
import { hex, quote, reject } from './wasm-rejection.ts';

export type ExportKind = 'function' | 'table' | 'memory' | 'global';

/** Something that the uploaded module exports. What hardening adds is not in the list. */
export interface ModuleExport {
  readonly name: string;
  readonly kind: ExportKind;
  /** Signature, as `(i64)->(i64)`, of a function. */
  readonly type?: string;
}

/** What exports may refer to, by kind. */
export interface ExportScope {
  readonly functions: readonly FunctionType[];
  /** Takes down the functions that are exported. */
  readonly references: Set<number>;
  readonly tableCount: number;
  readonly memoryCount: number;
  readonly globalCount: number;
}

export function readExports(
  section: ByteReader | undefined,
  scope: ExportScope,
): readonly ModuleExport[] {
  const exports: ModuleExport[] = [];
  readListSection(section, {
    what: 'exports',
    atMost: MAX_ITEMS.exports,
    readItem: (reader) => exports.push(readExport(reader, scope)),
  });
  return exports;
}

const TAG_KIND = 4;

function readExport(reader: ByteReader, scope: ExportScope): ModuleExport {
  const offset = reader.position;
  const name = reader.name();
  if (name.startsWith(RESERVED_PREFIX))
    reject(`export ${quote(name)} must not begin with "${RESERVED_PREFIX}"`, offset);

  const kind = reader.u8();
  switch (kind) {
    case 0: {
      const index = readIndex(reader, 'function', scope.functions.length);
      scope.references.add(index);
      const type = scope.functions[index];
      return { name, kind: 'function', ...(type && { type: toSignature(type) }) };
    }
    case 1:
      readIndex(reader, 'table', scope.tableCount);
      return { name, kind: 'table' };
    case 2:
      readIndex(reader, 'memory', scope.memoryCount);
      return { name, kind: 'memory' };
    case 3:
      readIndex(reader, 'global', scope.globalCount);
      return { name, kind: 'global' };
    case TAG_KIND:
      return rejectTag(`export ${quote(name)}`, offset);
    default:
      return reject(`export kind ${hex(kind)} of ${quote(name)} must be a known one`, offset);
  }
}

/** Reads the index of the start function, if the module has one. */
export function readStart(
  section: ByteReader | undefined,
  functions: readonly FunctionType[],
): number | undefined {
  if (section === undefined) return undefined;
  const offset = section.position;
  const index = readIndex(section, 'function', functions.length);
  if (functions[index]?.codes.length !== 0)
    reject(`start function ${index} must take and answer nothing`, offset);
  section.expectEnd('start section');
  return index;
}
