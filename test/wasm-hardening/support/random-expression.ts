/**
 * Random expressions: each leaves one value of the type that is asked for.
 */

import {
  FLOAT_EQUAL,
  LOADS,
  OPERATIONS,
  STORES,
  TYPE_CODE,
  type ValueType,
} from './instructions-by-type.ts';
import { u32 } from './module-bytes.ts';
import type { Random } from './random.ts';
import type { ModuleContext } from './random-module.ts';

export interface Place {
  readonly context: ModuleContext;
  readonly functionIndex: number;
  /** Parameters, then the function's own; the last of a type is scratch. */
  readonly locals: readonly ValueType[];
  /** Where instructions are written to. */
  readonly code: (readonly number[])[];
}

const I32_CONST = 0x41;
const I32_AND = 0x71;
const END = 0x0b;

export class ExpressionMaker {
  private readonly place: Place;
  private readonly random: Random;

  constructor(place: Place, random: Random) {
    this.place = place;
    this.random = random;
  }

  make(type: ValueType, depth: number): void {
    if (depth <= 0 || this.random.percent(15)) this.leaf(type);
    else this.branch(type, depth);
  }

  /** The same, but a NaN becomes 0: its bits may be seen. */
  makeCalm(type: ValueType, depth: number): void {
    this.make(type, depth);
    if (type !== 'f32' && type !== 'f64') return;
    const scratch = u32(this.place.locals.lastIndexOf(type));
    this.emit(0x22, ...scratch);
    this.constant(type, 0);
    this.emit(0x20, ...scratch);
    this.emit(0x20, ...scratch);
    this.emit(FLOAT_EQUAL[type]);
    this.emit(0x1b); // select
  }

  anyLocal(): { readonly type: ValueType; readonly index: number } {
    const index = this.random.below(this.place.locals.length);
    return { type: this.place.locals[index] ?? 'i32', index };
  }

  store(depth: number): void {
    const type = this.random.pick<ValueType>(['i32', 'i64', 'f32', 'f64', 'v128']);
    this.address();
    this.makeCalm(type, depth);
    const [alignment, ...code] = [...this.random.pick(STORES[type])].reverse();
    this.emit(...code.reverse(), alignment ?? 0, ...u32(this.random.below(100)));
  }

  /** Calls somebody behind, or whoever is in the table, and answers what is left on the stack. */
  callAny(depth: number): readonly ValueType[] {
    const { context, functionIndex } = this.place;
    if (this.random.percent(20)) return this.callThroughTable(depth);
    const candidates = context.functions.flatMap((_, index) =>
      index < context.importCount || index > functionIndex ? [index] : [],
    );
    const callee = this.random.pick(candidates);
    const { parameters = [], results = [] } = context.functions[callee] ?? {};
    for (const type of parameters) this.make(type, depth - 1);
    this.emit(0x10, ...u32(callee));
    return results;
  }

  /** Of the right type, mostly; the table may have been changed meanwhile. */
  private callThroughTable(depth: number): readonly ValueType[] {
    const { context, functionIndex } = this.place;
    const slot = context.table.findIndex(
      (index) => index > functionIndex || index < context.importCount,
    );
    const callee = context.table[slot];
    if (callee === undefined) return [];
    const type = this.random.percent(3) ? this.random.below(context.types.length) : callee;
    const { parameters = [], results = [] } = context.types[type] ?? {};
    for (const parameter of parameters) this.make(parameter, depth - 1);
    this.emit(I32_CONST, slot);
    this.emit(0x11, ...u32(type), 0);
    return results;
  }

  private leaf(type: ValueType): void {
    const locals = this.place.locals.flatMap((local, index) => (local === type ? [index] : []));
    const globals = this.place.context.globals.flatMap((global, index) =>
      global === type ? [index] : [],
    );
    if (this.random.percent(50)) this.emit(0x20, ...u32(this.random.pick(locals)));
    else if (this.random.percent(40)) this.emit(0x23, ...u32(this.random.pick(globals)));
    else this.constant(type, this.random.below(64));
  }

  private branch(type: ValueType, depth: number): void {
    switch (this.random.below(10)) {
      case 0:
        this.load(type);
        break;
      case 1:
        this.chooseOne(type, depth);
        break;
      case 2:
        this.select(type, depth);
        break;
      case 3:
        this.leaveBlock(type, depth);
        break;
      case 4:
        this.callFor(type, depth);
        break;
      case 5:
        if (type === 'i32') this.askSize();
        else this.operate(type, depth);
        break;
      default:
        this.operate(type, depth);
    }
  }

  private operate(type: ValueType, depth: number): void {
    const { code, takes } = this.random.pick(OPERATIONS[type]);
    for (const operand of takes) this.make(operand, depth - 1);
    this.emit(...code);
  }

  private load(type: ValueType): void {
    this.address();
    const [alignment, ...code] = [...this.random.pick(LOADS[type])].reverse();
    this.emit(...code.reverse(), alignment ?? 0, ...u32(this.random.below(100)));
  }

  /** In the first 4 KiB, but for a few. */
  private address(): void {
    this.make('i32', 1);
    if (this.random.percent(2)) return;
    this.emit(I32_CONST, 0xff, 0x1f);
    this.emit(I32_AND);
  }

  private chooseOne(type: ValueType, depth: number): void {
    this.make('i32', 1);
    this.emit(0x04, TYPE_CODE[type]);
    this.make(type, depth - 1);
    this.emit(0x05);
    this.make(type, depth - 1);
    this.emit(END);
  }

  private select(type: ValueType, depth: number): void {
    this.make(type, depth - 1);
    this.make(type, depth - 1);
    this.make('i32', 1);
    if (this.random.percent(50)) this.emit(0x1b);
    else this.emit(0x1c, 1, TYPE_CODE[type]);
  }

  /** Leaves a block, or a loop that does not turn, with a value, over others on the stack. */
  private leaveBlock(type: ValueType, depth: number): void {
    const isLoop = this.random.percent(30);
    this.emit(isLoop ? 0x03 : 0x02, TYPE_CODE[type]);
    this.make(type, depth - 1);
    if (!isLoop) {
      this.make('i32', 1);
      this.emit(0x0d, 0);
      if (this.random.percent(20)) this.emit(0x0c, 0);
    }
    this.emit(END);
  }

  private callFor(type: ValueType, depth: number): void {
    const results = this.callAny(depth);
    if (results.at(-1) === type && results.length === 1) return;
    for (const _ of results) this.emit(0x1a);
    this.leaf(type);
  }

  private askSize(): void {
    switch (this.random.below(8)) {
      case 0:
        this.emit(I32_CONST, this.random.below(3));
        this.emit(0x40, 0); // memory.grow
        break;
      case 1:
        this.emit(0xd0, 0x70);
        this.emit(I32_CONST, this.random.below(3));
        this.emit(0xfc, 15, 0); // table.grow
        break;
      case 2:
        this.emit(0xfc, 16, 0); // table.size
        break;
      case 3:
        this.emit(I32_CONST, this.random.below(8));
        this.emit(0x25, 0); // table.get
        this.emit(0xd1); // ref.is_null
        break;
      default:
        this.emit(0x3f, 0); // memory.size
    }
  }

  private constant(type: ValueType, value: number): void {
    switch (type) {
      case 'i32':
        this.emit(I32_CONST, value);
        break;
      case 'i64':
        this.emit(0x42, value);
        break;
      case 'f32':
        this.emit(0x43, 0, 0, value === 0 ? 0 : 0x80, value === 0 ? 0 : 0x3f + (value & 3));
        break;
      case 'f64':
        this.emit(
          0x44,
          ...Array<number>(6).fill(value),
          value === 0 ? 0 : 0xf0,
          value === 0 ? 0 : 0x3f,
        );
        break;
      default:
        this.emit(0xfd, 12, ...Array<number>(16).fill(value));
    }
  }

  private emit(...instruction: readonly number[]): void {
    this.place.code.push(instruction);
  }
}
