/**
 * Random modules that are valid, use all that hardening supports, and mostly end by themselves.
 *
 * Each is made twice from the same choices: as it is, and *counted*, where a global adds up what
 * every instruction costs just before it runs. That tells what a program really does, by a way of
 * counting that has nothing in common with charging regions.
 */

import { TYPE_CODE, type ValueType } from './instructions-by-type.ts';
import { list, moduleOf, name, section, sized, u32 } from './module-bytes.ts';
import type { Call } from './observe.ts';
import type { Random } from './random.ts';
import { makeBody } from './random-body.ts';
import { renderCounted, renderPlain } from './rendered-code.ts';

export interface Signature {
  readonly parameters: readonly ValueType[];
  readonly results: readonly ValueType[];
}

/** What the bodies of a module may refer to. */
export interface ModuleContext {
  /** Imported ones first. */
  readonly functions: readonly Signature[];
  readonly importCount: number;
  readonly types: readonly Signature[];
  readonly globals: readonly ValueType[];
  /** The functions in the table, from index 0 on; the rest of it is empty. */
  readonly table: readonly number[];
  readonly tableSize: number;
}

export interface RandomModule {
  readonly plain: Uint8Array<ArrayBuffer>;
  /** Exports the sum as `cost`. */
  readonly counted: Uint8Array<ArrayBuffer>;
  readonly calls: readonly Call[];
}

const NUMBERS: readonly ValueType[] = ['i32', 'i64', 'f32', 'f64'];
const ALL: readonly ValueType[] = [...NUMBERS, 'v128'];
const TABLE_SIZE = 8;
const DATA_BYTES = 64;

export function makeRandomModule(random: Random): RandomModule {
  const context = makeContext(random);
  const exported = context.functions.flatMap((_, index) =>
    index >= context.importCount && (isPublic(context, index) || index === context.importCount)
      ? [index]
      : [],
  );
  const bodies = context.functions
    .slice(context.importCount)
    .map((_, own) => makeBody(context, context.importCount + own, random));
  const build = (render: typeof renderPlain) =>
    assembleModule(context, { exported, render, bodies });
  return {
    plain: build(renderPlain),
    counted: build((body) => renderCounted(body, context.globals.length)),
    calls: makeCalls(context, exported, random),
  };
}

/** JavaScript can call it: it is exported, and knows no vectors. */
function isPublic({ functions }: ModuleContext, index: number): boolean {
  const { parameters = [], results = [] } = functions[index] ?? {};
  return index % 3 === 0 && ![...parameters, ...results].includes('v128');
}

function makeContext(random: Random): ModuleContext {
  const some = (types: readonly ValueType[], most: number) =>
    Array.from({ length: random.below(most + 1) }, () => random.pick(types));
  const imports = Array.from({ length: 2 }, () => ({
    parameters: some(NUMBERS, 2),
    results: some(NUMBERS, 1),
  }));
  const own = Array.from({ length: 3 + random.below(6) }, (_, index) => ({
    parameters: some(index % 3 === 0 ? NUMBERS : ALL, 3),
    results: some(index % 3 === 0 ? NUMBERS : ALL, 2),
  }));
  const functions = [...imports, ...own];
  return {
    functions,
    importCount: imports.length,
    types: functions,
    globals: [...NUMBERS, 'i32', 'v128'],
    tableSize: TABLE_SIZE,
    table: Array.from({ length: 5 }, () => random.below(functions.length)),
  };
}

function makeCalls(
  { functions }: ModuleContext,
  exported: readonly number[],
  random: Random,
): readonly Call[] {
  return exported.flatMap((index) =>
    Array.from({ length: 3 }, () => ({
      name: `f${index}`,
      values: (functions[index]?.parameters ?? []).map(
        (type) => `${type} ${anyNumber(type, random)}`,
      ),
    })),
  );
}

function anyNumber(type: ValueType, random: Random): string {
  const floats = ['0', '-0', '1.5', '-2.25', '1e30', 'NaN', 'Infinity', '3', '7'];
  const integers = ['0', '1', '-1', '2', '5', '17', '255', '-128', '65535', '-2147483648'];
  return random.pick(type === 'f32' || type === 'f64' ? floats : integers);
}

interface Parts {
  readonly exported: readonly number[];
  readonly render: (body: ReturnType<typeof makeBody>) => readonly number[];
  readonly bodies: readonly ReturnType<typeof makeBody>[];
}

const FUNCREF = 0x70;
const MUTABLE = 1;
const END = 0x0b;

function assembleModule(context: ModuleContext, parts: Parts): Uint8Array<ArrayBuffer> {
  const { functions, importCount, types, globals, table } = context;
  const imported = functions.slice(0, importCount);
  const own = functions.slice(importCount);
  const entries = list(...table.map(u32));
  return moduleOf(
    section(1, list(...types.map(typeOf))),
    section(2, list(...imported.map((_, index) => importOf(index)))),
    section(3, list(...own.map((_, index) => u32(importCount + index)))),
    section(4, list([FUNCREF, 1, TABLE_SIZE, 2 * TABLE_SIZE])),
    section(5, list([1, 1, 4])),
    section(6, list(...globals.map(globalOf), globalOf('i64'))),
    section(7, list(...exportsOf(context, parts.exported))),
    section(9, list([0, 0x41, 0, END, ...entries], [1, 0, ...entries])),
    section(12, [2]),
    section(10, list(...parts.bodies.map((body) => sized(parts.render(body))))),
    section(11, list([0, 0x41, 8, END, ...dataOf(37)], [1, ...dataOf(1)])),
  );
}

function typeOf({ parameters, results }: Signature): readonly number[] {
  const codes = (of: readonly ValueType[]) => list(...of.map((type) => [TYPE_CODE[type]]));
  return [0x60, ...codes(parameters), ...codes(results)];
}

/** The functions of the host have the first types. */
function importOf(index: number): readonly number[] {
  return [...name('h'), ...name(`h${index}`), 0, index];
}

function dataOf(step: number): readonly number[] {
  return sized(Array.from({ length: DATA_BYTES }, (_, index) => (index * step) & 0xff));
}

function globalOf(type: ValueType): readonly number[] {
  const zero = {
    i32: [0x41, 3],
    i64: [0x42, 5],
    f32: [0x43, 0, 0, 0, 0],
    f64: [0x44, ...Array(8).fill(0)],
  };
  const initial = type === 'v128' ? [0xfd, 12, ...Array(16).fill(1)] : zero[type];
  return [TYPE_CODE[type], MUTABLE, ...initial, END];
}

function exportsOf({ globals }: ModuleContext, exported: readonly number[]) {
  return [
    [...name('memory'), 2, 0],
    ...globals.flatMap((type, index) =>
      type === 'v128' ? [] : [[...name(`g${index}`), 3, index]],
    ),
    [...name('cost'), 3, globals.length],
    ...exported.map((index) => [...name(`f${index}`), 0, ...u32(index)]),
  ];
}
