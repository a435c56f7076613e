/**
 * Bounds on the structure of a module that hold for everybody.
 *
 * Compilers stay far below them. They bound the memory and the time that reading, compiling and
 * instantiating a hostile module can take, and none is above what V8 itself accepts.
 *
 * @module
 */

/** Most items in each kind of declaration. */
export const MAX_ITEMS = {
  customSections: 1_000,
  types: 10_000,
  parameters: 255,
  results: 255,
  imports: 1_000,
  functions: 50_000,
  tables: 16,
  globals: 10_000,
  exports: 1_000,
  elementSegments: 10_000,
  dataSegments: 100_000,
} as const;

/**
 * Most entries in all element segments together, for each element that a table may have. Every
 * instance copies the active ones before its first unit of fuel is counted.
 */
export const MAX_SEGMENT_ENTRIES_PER_TABLE_ELEMENT = 4;

/** Longest initialiser of a global or a segment offset, in instructions. */
export const MAX_CONSTANT_INSTRUCTIONS = 64;

/**
 * Most instructions in all initialisers together: one for each item that may have one, and some more.
 * Every instance runs all of them before its first unit of fuel is counted, at some 40 ns each.
 */
export const MAX_CONSTANT_INSTRUCTIONS_IN_ALL = 200_000;

/** Largest function body, in bytes, before and after charges are written into it. */
export const MAX_BODY_BYTES = 1024 * 1024;
export const MAX_METERED_BODY_BYTES = 4 * MAX_BODY_BYTES;

/** The output may be this many times as large as the policy lets the upload be. */
export const MAX_GROWTH = 2;
