/**
 * Walks through one function body, once: checks every instruction and plans its charges.
 *
 * This is no validator. The engine has checked types before; here it is made sure that we read
 * the very instructions that the engine reads, that none of them is unknown to us, and that none
 * refers to anything but what the uploaded module declares.
 *
 * @module
 */

import type { ByteReader } from './byte-reader.ts';
import { ChargePlan, type PlannedCode } from './charge-plan.ts';
import type { CompileCost } from './compile-cost.ts';
import { type BlockType, ControlStack } from './control-stack.ts';
import type { OpenBody } from './function-bodies.ts';
import type { Instruction } from './instruction.ts';
import { type BodyScope, SKIP_IMMEDIATE } from './plain-immediates.ts';
import { OPCODE, readInstruction } from './read-instruction.ts';
import { readIndex, readList } from './read-list.ts';
import { rejectTypeCode } from './unsupported.ts';
import { type FunctionType, isValueType } from './value-types.ts';
import { reject } from './wasm-rejection.ts';

/** Deepest nesting of blocks. A `switch` of a thousand cases is a thousand deep. */
export const MAX_NESTING = 10_000;

/** Most targets of one `br_table`, the default not counted. */
export const MAX_BRANCH_TARGETS = 65_520;

/** A call zeroes its locals: one unit of fuel for so many. */
const LOCALS_PER_FUEL = 8;

const EMPTY_BLOCK_TYPE = 0x40;

/** What one walk through a body finds out. */
export interface BodyPlan {
  /** In the order of their offsets. */
  readonly code: readonly PlannedCode[];
  /** The functions that it calls, as often as it has such calls. */
  readonly callees: readonly number[];
  /** Whether it also calls through a table. */
  readonly callsIndirectly: boolean;
}

export function planCharges(body: OpenBody, cost: CompileCost): BodyPlan {
  const walk = new BodyWalk(body, cost);
  return walk.toEnd();
}

class BodyWalk {
  private readonly reader: ByteReader;
  private readonly scope: BodyScope;
  private readonly cost: CompileCost;
  private readonly control = new ControlStack();
  private readonly plan: ChargePlan;
  private readonly callees: number[] = [];
  private callsIndirectly = false;

  constructor({ reader, scope }: OpenBody, cost: CompileCost) {
    this.reader = reader;
    this.scope = scope;
    this.cost = cost;
    const entryFuel = 1 + Math.floor(scope.localCount / LOCALS_PER_FUEL);
    this.plan = new ChargePlan(reader.position, entryFuel);
    // The result of a function is never on this stack: its last `end` is the end of the walk.
    this.control.enter('function', { parameterCount: 0, resultCount: 0 });
    cost.addControl(scope.localCount);
  }

  toEnd(): BodyPlan {
    while (this.control.depth > 0) this.step();
    this.reader.expectEnd('function body');
    const { callees, callsIndirectly } = this;
    return { code: this.plan.code, callees, callsIndirectly };
  }

  /** Locals and operands that are alive. */
  private get slots(): number {
    return this.scope.localCount + this.control.height;
  }

  private step(): void {
    const offset = this.reader.position;
    if (!this.isAtUnreachable && this.plan.cutIfFull(offset)) this.cost.addControl(this.slots);
    const { opcode, instruction } = readInstruction(this.reader);
    this.plan.spend(instruction.fuel);
    if (instruction.chargedPer !== undefined)
      this.plan.spendByLength(offset, instruction.chargedPer);
    this.control.apply(instruction.pops, instruction.pushes);
    this.readImmediate(opcode, instruction);
  }

  private readImmediate(opcode: number, instruction: Instruction): void {
    switch (instruction.immediate) {
      case 'none':
        this.followFlow(opcode);
        break;
      case 'block-type':
        this.enterBlock(opcode);
        break;
      case 'label':
        this.branch(opcode);
        break;
      case 'label-list':
        this.branchToOneOf();
        break;
      case 'call':
        this.call(opcode);
        break;
      case 'indirect-call':
        this.callIndirect(opcode);
        break;
      default:
        SKIP_IMMEDIATE[instruction.immediate](this.reader, this.scope);
        if (isCallOfEngine(instruction)) this.cost.addCall(this.slots, undefined);
    }
  }

  /** Instructions that are an opcode only; few of them steer. */
  private followFlow(opcode: number): void {
    switch (opcode) {
      case OPCODE.unreachable:
      case OPCODE.return:
        this.control.becomeUnreachable();
        break;
      case OPCODE.else:
        this.turnToElse();
        break;
      case OPCODE.end:
        this.leaveBlock();
        break;
    }
  }

  private enterBlock(opcode: number): void {
    const offset = this.reader.position;
    const type = this.readBlockType();
    if (this.control.depth > MAX_NESTING)
      reject(`blocks must be nested at most ${MAX_NESTING} deep`, offset);
    this.cost.addControl(this.slots);
    const kind = opcode === OPCODE.loop ? 'loop' : opcode === OPCODE.if ? 'if' : 'block';
    this.control.enter(kind, type);
    // The opcode is one byte.
    if (kind === 'loop') this.plan.enterLoop(offset - 1, this.reader.position);
    if (kind === 'if') this.plan.cutAtJoin(this.reader.position);
  }

  /** Nothing (0x40), one value type, or the index of a function type. */
  private readBlockType(): BlockType {
    const offset = this.reader.position;
    const index = this.reader.s33();
    if (index >= 0) {
      const type = this.scope.module.types[index];
      const count = this.scope.module.types.length;
      return type ?? reject(`type index ${index} must be below ${count}`, offset);
    }
    const code = index + 0x80;
    if (this.reader.position !== offset + 1) reject('block type must be one byte', offset);
    if (code === EMPTY_BLOCK_TYPE) return { parameterCount: 0, resultCount: 0 };
    if (!isValueType(code)) rejectTypeCode(code, offset);
    return { parameterCount: 0, resultCount: 1 };
  }

  private turnToElse(): void {
    if (this.control.innermost !== 'if') reject('else must stand in an if', this.reader.position);
    this.cost.addControl(this.slots);
    this.control.turnToElse();
    this.plan.cutAtJoin(this.reader.position);
  }

  private leaveBlock(): void {
    this.cost.addControl(this.slots);
    if (this.control.leave() === 'loop') this.plan.leaveLoop();
    this.plan.cutAtJoin(this.reader.position);
  }

  private branch(opcode: number): void {
    readIndex(this.reader, 'label', this.control.depth);
    this.cost.addControl(this.slots);
    if (opcode === OPCODE.br) this.control.becomeUnreachable();
  }

  private branchToOneOf(): void {
    const targets = new Set<number>();
    const readTarget = () => targets.add(readIndex(this.reader, 'label', this.control.depth));
    readList(this.reader, {
      what: 'branch targets',
      atMost: MAX_BRANCH_TARGETS,
      readItem: readTarget,
    });
    readTarget(); // the default stands behind the list
    this.cost.addBranches(this.slots, targets.size);
    this.control.becomeUnreachable();
  }

  private call(opcode: number): void {
    const { functions } = this.scope.module;
    const index = readIndex(this.reader, 'function', functions.length);
    const callee = functions[index];
    if (callee !== undefined) this.applyCall(callee);
    this.callees.push(index);
    const prepaid = this.scope.prepaid.get(index);
    if (prepaid !== undefined) this.plan.spend(prepaid.fuel);
    if (prepaid?.takesFuel !== false) this.copyFuelAgain();
    if (opcode === OPCODE.returnCall) this.control.becomeUnreachable();
  }

  private callIndirect(opcode: number): void {
    const { types, tables } = this.scope.module;
    const type = types[readIndex(this.reader, 'type', types.length)];
    readIndex(this.reader, 'table', tables.length);
    if (type !== undefined) this.applyCall(type);
    this.callsIndirectly = true;
    this.copyFuelAgain();
    if (opcode === OPCODE.returnCallIndirect) this.control.becomeUnreachable();
  }

  /**
   * Compilers write `unreachable` behind a call that never returns. It ends all, so that it begins
   * no region, and nothing behind it computes from a copy of the fuel.
   */
  private get isAtUnreachable(): boolean {
    return this.reader.bytes[this.reader.position] === OPCODE.unreachable;
  }

  private copyFuelAgain(): void {
    if (!this.isAtUnreachable) this.plan.copyAgain(this.reader.position);
  }

  /** Operands that are handed over cost fuel as locals do. */
  private applyCall(type: FunctionType): void {
    const { parameterCount, resultCount } = type;
    this.cost.addCall(this.slots, type);
    this.plan.spend(Math.floor((parameterCount + resultCount) / LOCALS_PER_FUEL));
    this.control.apply(parameterCount, resultCount);
  }
}

/** What the engine does by a call of its own: table access, references, and whatever works by length. */
function isCallOfEngine({ chargedPer, immediate }: Instruction): boolean {
  return chargedPer !== undefined || immediate === 'table' || immediate === 'function';
}
