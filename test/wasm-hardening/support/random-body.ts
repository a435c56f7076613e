/**
 * Random function bodies: statements, nested up to some depth, and the expressions in them.
 *
 * A function calls only functions behind it, so that no call comes back to it, and loops count
 * their turns. A few break that rule on purpose: those have to be ended by their fuel.
 */

import { TYPE_CODE, type ValueType } from './instructions-by-type.ts';
import { list, u32 } from './module-bytes.ts';
import type { Random } from './random.ts';
import { ExpressionMaker } from './random-expression.ts';
import type { ModuleContext } from './random-module.ts';
import type { Body } from './rendered-code.ts';

const OP = {
  ...{ unreachable: 0, nop: 1, block: 2, loop: 3, if: 4, else: 5, end: 0x0b, br: 0x0c, brIf: 0x0d },
  ...{ brTable: 0x0e, return: 0x0f, returnCall: 0x12, drop: 0x1a, localSet: 0x21, localTee: 0x22 },
  ...{
    localGet: 0x20,
    globalSet: 0x24,
    tableSet: 0x26,
    i32Const: 0x41,
    refNull: 0xd0,
    refFunc: 0xd2,
  },
  ...{ i32LtU: 0x49, i32Add: 0x6a, i32And: 0x71 },
} as const;

const NOTHING = 0x40;
/** Locals besides the parameters: some of each type, and counters for loops. */
const LOCALS: readonly ValueType[] = ['i32', 'i64', 'f32', 'f64', 'v128', 'i32', 'i64'];
const MAX_LOOPS = 6;

export function makeBody(context: ModuleContext, functionIndex: number, random: Random): Body {
  return new BodyMaker(context, functionIndex, random).make();
}

type Statement = (maker: BodyMaker, depth: number) => void;

class BodyMaker {
  private readonly context: ModuleContext;
  private readonly functionIndex: number;
  private readonly random: Random;
  private readonly expressions: ExpressionMaker;
  private readonly code: (readonly number[])[] = [];
  private readonly firstCounter: number;
  private loops = 0;
  /** Open blocks without results, the outermost first; loops are no targets. */
  private readonly targets: boolean[] = [];

  constructor(context: ModuleContext, functionIndex: number, random: Random) {
    this.context = context;
    this.functionIndex = functionIndex;
    this.random = random;
    const parameters = context.functions[functionIndex]?.parameters ?? [];
    const locals = [...parameters, ...LOCALS];
    this.firstCounter = locals.length;
    this.expressions = new ExpressionMaker(
      { context, functionIndex, locals, code: this.code },
      random,
    );
  }

  make(): Body {
    this.statements(this.size, 3);
    this.finish();
    const groups = [...LOCALS.map((type) => [1, TYPE_CODE[type]]), [MAX_LOOPS, TYPE_CODE.i32]];
    return { locals: list(...groups), instructions: this.code };
  }

  /** Often so little that callers can pay for it, at times more than a region holds. */
  private get size(): number {
    if (this.random.percent(40)) return 1;
    return this.random.percent(12) ? 30 : 2 + this.random.below(6);
  }

  /** Leaves the results, or tail-calls somebody who has the same. */
  private finish(): void {
    const { functions } = this.context;
    const { results = [] } = functions[this.functionIndex] ?? {};
    const like = functions.flatMap((other, index) =>
      index > this.functionIndex && other.results.join() === results.join() ? [index] : [],
    );
    if (like.length > 0 && this.random.percent(30)) {
      const callee = this.random.pick(like);
      for (const type of functions[callee]?.parameters ?? []) this.expressions.make(type, 1);
      this.emit(OP.returnCall, ...u32(callee));
    } else for (const type of results) this.expressions.make(type, 2);
    this.emit(OP.end);
  }

  private statements(count: number, depth: number): void {
    const statements = depth > 0 ? STATEMENTS : FLAT_STATEMENTS;
    for (let left = count; left > 0; left--) this.random.pick(statements)(this, depth);
  }

  private emit(...instruction: readonly number[]): void {
    this.code.push(instruction);
  }

  setLocal(depth: number): void {
    const { type, index } = this.expressions.anyLocal();
    this.expressions.make(type, depth);
    this.emit(OP.localSet, ...u32(index));
  }

  setGlobal(depth: number): void {
    const index = this.random.below(this.context.globals.length);
    this.expressions.makeCalm(this.context.globals[index] ?? 'i32', depth);
    this.emit(OP.globalSet, ...u32(index));
  }

  store(depth: number): void {
    this.expressions.store(depth);
  }

  callAndDrop(depth: number): void {
    const results = this.expressions.callAny(depth);
    for (const _ of results) this.emit(OP.drop);
  }

  drop(depth: number): void {
    this.expressions.make(this.random.pick(LOCALS), depth);
    this.emit(OP.drop);
  }

  block(depth: number): void {
    this.emit(OP.block, NOTHING);
    this.inside(true, depth);
    this.emit(OP.end);
  }

  choose(depth: number): void {
    this.expressions.make('i32', 1);
    this.emit(OP.if, NOTHING);
    this.inside(true, depth);
    if (this.random.percent(60)) {
      this.emit(OP.else);
      this.inside(true, depth);
    }
    this.emit(OP.end);
  }

  private inside(isTarget: boolean, depth: number): void {
    this.targets.push(isTarget);
    this.statements(1 + this.random.below(3), depth - 1);
    this.targets.pop();
  }

  /** Turns a few times; one in fifty does not stop at all. */
  loop(depth: number): void {
    if (this.loops === MAX_LOOPS) return;
    const counter = this.firstCounter + this.loops++;
    this.emit(OP.i32Const, 0);
    this.emit(OP.localSet, ...u32(counter));
    this.emit(OP.loop, NOTHING);
    this.inside(false, depth);
    if (this.random.percent(2)) this.emit(OP.br, 0);
    this.emit(OP.localGet, ...u32(counter));
    this.emit(OP.i32Const, 1);
    this.emit(OP.i32Add);
    this.emit(OP.localTee, ...u32(counter));
    this.emit(OP.i32Const, 1 + this.random.below(9));
    this.emit(OP.i32LtU);
    this.emit(OP.brIf, 0);
    this.emit(OP.end);
  }

  /** Out of any block around, or out of the function. */
  leave(): void {
    const labels = this.targets.flatMap((isTarget, index) =>
      isTarget ? [this.targets.length - 1 - index] : [],
    );
    if (labels.length === 0) return;
    const label = this.random.pick(labels);
    this.expressions.make('i32', 1);
    if (this.random.percent(30)) this.emit(OP.brTable, ...list(...labels.map(u32)), ...u32(label));
    else this.emit(OP.brIf, ...u32(label));
    if (this.random.percent(10)) this.emit(OP.br, ...u32(label));
  }

  returnNow(depth: number): void {
    const { results = [] } = this.context.functions[this.functionIndex] ?? {};
    this.expressions.make('i32', 1);
    this.emit(OP.if, NOTHING);
    for (const type of results) this.expressions.make(type, Math.min(depth, 1));
    this.emit(this.random.percent(5) ? OP.unreachable : OP.return);
    this.emit(OP.end);
  }

  /** Lengths are small and in bounds, but for some. */
  moveBytes(): void {
    const bound = this.random.percent(5) ? 0x7fff : 0x1f;
    const number = () => {
      this.expressions.make('i32', 1);
      this.emit(OP.i32Const, ...(bound < 0x40 ? [bound] : [0xff, 0xff, 1]));
      this.emit(OP.i32And);
    };
    number();
    number();
    number();
    this.emit(
      0xfc,
      ...this.random.pick([
        [8, 1, 0],
        [10, 0, 0],
        [11, 0],
      ]),
    );
  }

  moveElements(): void {
    const small = () => this.emit(OP.i32Const, this.random.below(this.context.tableSize - 3));
    const functions = this.context.table;
    switch (this.random.below(4)) {
      case 0:
        small();
        this.emit(OP.refFunc, ...u32(this.random.pick(functions)));
        this.emit(OP.tableSet, 0);
        break;
      case 1:
        for (const _ of [0, 1]) small();
        this.emit(OP.i32Const, this.random.below(3));
        this.emit(0xfc, 14, 0, 0); // table.copy
        break;
      case 2:
        small();
        this.emit(OP.i32Const, this.random.below(2));
        this.emit(OP.i32Const, this.random.below(4));
        this.emit(0xfc, 12, 1, 0); // table.init
        break;
      default:
        small();
        this.emit(OP.refNull, 0x70);
        this.emit(OP.i32Const, this.random.below(3));
        this.emit(0xfc, 17, 0); // table.fill
    }
  }

  dropSegment(): void {
    if (this.random.percent(20)) this.emit(0xfc, this.random.pick([9, 13]), 1);
    else this.emit(OP.nop);
  }
}

const times = (count: number, statement: Statement) => Array<Statement>(count).fill(statement);

/** More often named, more often picked. */
const FLAT_STATEMENTS: readonly Statement[] = [
  ...times(4, (maker, depth) => maker.setLocal(depth)),
  ...times(2, (maker, depth) => maker.store(depth)),
  ...times(2, (maker, depth) => maker.callAndDrop(depth)),
  (maker, depth) => maker.setGlobal(depth),
  (maker, depth) => maker.drop(depth),
  (maker, depth) => maker.returnNow(depth),
  (maker) => maker.leave(),
  (maker) => maker.moveBytes(),
  (maker) => maker.moveElements(),
  (maker) => maker.dropSegment(),
];

const STATEMENTS: readonly Statement[] = [
  ...FLAT_STATEMENTS,
  ...times(3, (maker, depth) => maker.loop(depth)),
  ...times(2, (maker, depth) => maker.choose(depth)),
  (maker, depth) => maker.block(depth),
];
