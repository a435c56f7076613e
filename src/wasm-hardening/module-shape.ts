/**
 * Everything that a module declares outside its function bodies.
 *
 * The counts here are those of the *uploaded* module, and every index in it is checked against
 * them. Hardening only appends, so that nothing it adds, the fuel counter above all, has an index
 * that the module could have written down.
 *
 * @module
 */

import { ConstantCount } from './constant-expression.ts';
import { type ModuleExport, readExports, readStart } from './exports.ts';
import { readFunctions, readTypes } from './function-declarations.ts';
import type { HardeningPolicy } from './hardening-policy.ts';
import { type Imports, readImports } from './imports.ts';
import { SECTION, type Sections } from './sections.ts';
import {
  type DataRange,
  readDataCount,
  readDataSegments,
  readElementSegments,
} from './segments.ts';
import type { SizeRange } from './size-range.ts';
import { readGlobals, readMemory, readTables, type TableType } from './storage-declarations.ts';
import { MAX_SEGMENT_ENTRIES_PER_TABLE_ELEMENT } from './structure-limits.ts';
import type { FunctionType } from './value-types.ts';

export interface ModuleShape {
  readonly types: readonly FunctionType[];
  readonly imports: Imports['imports'];
  /** The type of every function, imported ones first. */
  readonly functions: readonly FunctionType[];
  /** Functions that can be called without being named: exported, or referred to as values. */
  readonly references: ReadonlySet<number>;
  readonly tables: readonly TableType[];
  /** In pages, its maximum clamped. Absent when the module has no memory. */
  readonly memory: SizeRange | undefined;
  readonly memoryCount: 0 | 1;
  readonly globalCount: number;
  readonly exports: readonly ModuleExport[];
  readonly startFunction: number | undefined;
  readonly elementCount: number;
  /** Data segments that code may name: 0 without a data count section. */
  readonly dataCount: number;
  readonly data: readonly DataRange[];
}

/** Reads every section but the code. */
export function readModuleShape(sections: Sections, policy: HardeningPolicy): ModuleShape {
  const types = readTypes(sections.open(SECTION.type));
  const imported = readImports(sections.open(SECTION.import), types, policy.allowsImport);
  const own = readFunctions(sections.open(SECTION.function), types);
  const functions = [...imported.functions, ...own];
  const tables = readTables(sections.open(SECTION.table), policy.maxTableElements);
  const memory = readMemory(sections.open(SECTION.memory), policy.maxMemoryPages);
  const references = new Set<number>();
  const constants = new ConstantCount();
  const functionScope = { functions, functionCount: functions.length, references, constants };
  const globalCount = readGlobals(sections.open(SECTION.global), functionScope);

  const scope = {
    ...functionScope,
    tableCount: tables.length,
    memoryCount: memory === undefined ? 0 : 1,
    globalCount,
    maxEntries: policy.maxTableElements * MAX_SEGMENT_ENTRIES_PER_TABLE_ELEMENT,
  } as const;
  const exports = readExports(sections.open(SECTION.export), scope);
  const startFunction = readStart(sections.open(SECTION.start), functions);
  const elementCount = readElementSegments(sections.open(SECTION.element), scope);
  const dataCount = readDataCount(sections.open(SECTION.dataCount));
  const data = readDataSegments(sections.open(SECTION.data), scope, dataCount);

  return {
    types,
    imports: imported.imports,
    functions,
    references,
    tables,
    memory,
    memoryCount: scope.memoryCount,
    globalCount,
    exports,
    startFunction,
    elementCount,
    dataCount: dataCount ?? 0,
    data,
  };
}
