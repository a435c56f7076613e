/**
 * A function body in steps: what takes fuel is one step, however many instructions it has, and
 * every other instruction is a step of work.
 */

import type { ReadBody, ReadInstruction } from './read-bodies.ts';

export type Step =
  | { readonly kind: 'charge'; readonly fuel: number; readonly from: 'counter' | 'copy' }
  /** The counter is copied into a local. */
  | { readonly kind: 'copy' }
  /** A helper takes fuel by length. */
  | { readonly kind: 'length' }
  | { readonly kind: 'work'; readonly read: ReadInstruction };

export interface StepBody {
  readonly body: ReadBody;
  readonly steps: readonly Step[];
  /** Without the local that copies are kept in. */
  readonly ownLocals: number;
  readonly complaints: readonly string[];
}

/** Indices of what hardening has added. */
export interface Added {
  readonly fuelGlobal: number;
  readonly firstFunction: number;
}

export function toSteps(body: ReadBody, added: Added): StepBody {
  const reader = new StepReader(body, added);
  return reader.toEnd();
}

const OP = {
  ...{
    unreachable: 0,
    if: 4,
    end: 0x0b,
    call: 0x10,
    localGet: 0x20,
    localSet: 0x21,
    localTee: 0x22,
  },
  ...{ globalGet: 0x23, globalSet: 0x24, i64Const: 0x42, i64LtS: 0x53, i64Sub: 0x7d },
} as const;

/** An opcode and its number; `any` matches every number. */
type Pattern = readonly (readonly [opcode: number, number?: number | 'any'])[];

const EMPTY_BLOCK = -64;
const TRAP_IF_NEGATIVE: Pattern = [
  [OP.i64Const, 0],
  [OP.i64LtS],
  [OP.if, EMPTY_BLOCK],
  [OP.unreachable],
  [OP.end],
];

class StepReader {
  private readonly body: ReadBody;
  private readonly added: Added;
  private readonly complaints: string[] = [];
  private readonly copyLocals = new Set<number>();
  private position = 0;

  constructor(body: ReadBody, added: Added) {
    this.body = body;
    this.added = added;
  }

  toEnd(): StepBody {
    const steps: Step[] = [];
    while (this.position < this.body.instructions.length) steps.push(this.next());
    const { body, complaints } = this;
    this.lookForUses(steps);
    return {
      body,
      steps,
      complaints,
      ownLocals: body.localCount - (this.copyLocals.size > 0 ? 1 : 0),
    };
  }

  private next(): Step {
    const { fuelGlobal, firstFunction } = this.added;
    const [local = -1] = this.here?.numbers ?? [];
    if (this.matches(fromCounter(fuelGlobal))) return this.charge('counter', 10);
    if (this.matches(fromCopy(fuelGlobal, local))) {
      this.copyLocals.add(local);
      return this.charge('copy', 11);
    }
    if (
      this.matches([
        [OP.globalGet, fuelGlobal],
        [OP.localSet, 'any'],
      ])
    ) {
      this.copyLocals.add(this.at(1)?.numbers[0] ?? -1);
      this.position += 2;
      return { kind: 'copy' };
    }
    const read = this.body.instructions[this.position++];
    if (read === undefined) throw new Error('Cannot read steps: the body must not end here');
    const isHelper = read.opcode === OP.call && (read.numbers[0] ?? 0) >= firstFunction;
    return isHelper ? { kind: 'length' } : { kind: 'work', read };
  }

  private charge(from: 'counter' | 'copy', length: number): Step {
    const fuel = this.at(1)?.numbers[0] ?? 0;
    if (fuel < 1) this.complaints.push(`a charge takes ${fuel}`);
    this.position += length;
    return { kind: 'charge', fuel, from };
  }

  /** Whatever is no charge must keep its hands off the counter and the copy. */
  private lookForUses(steps: readonly Step[]): void {
    if (this.copyLocals.size > 1) this.complaints.push('copies are kept in several locals');
    for (const step of steps) {
      if (step.kind !== 'work') continue;
      const { instruction, numbers } = step.read;
      const [index = -1] = numbers;
      if (instruction.immediate === 'global' && index >= this.added.fuelGlobal)
        this.complaints.push(`work touches the global ${index}`);
      if (instruction.immediate === 'local' && this.copyLocals.has(index))
        this.complaints.push(`work touches the copy ${index}`);
      const refers = instruction.immediate === 'call' || instruction.immediate === 'function';
      if (refers && index >= this.added.firstFunction)
        this.complaints.push(`work refers to the function ${index}`);
    }
  }

  private get here(): ReadInstruction | undefined {
    return this.at(0);
  }

  private at(ahead: number): ReadInstruction | undefined {
    return this.body.instructions[this.position + ahead];
  }

  private matches(pattern: Pattern): boolean {
    return pattern.every(([opcode, number], ahead) => {
      const read = this.at(ahead);
      if (read?.opcode !== opcode) return false;
      return number === undefined || number === 'any' || read.numbers[0] === number;
    });
  }
}

function fromCounter(fuel: number): Pattern {
  return [
    [OP.globalGet, fuel],
    [OP.i64Const, 'any'],
    [OP.i64Sub],
    [OP.globalSet, fuel],
    [OP.globalGet, fuel],
    ...TRAP_IF_NEGATIVE,
  ];
}

function fromCopy(fuel: number, local: number): Pattern {
  return [
    [OP.localGet, local],
    [OP.i64Const, 'any'],
    [OP.i64Sub],
    [OP.localTee, local],
    [OP.globalSet, fuel],
    [OP.localGet, local],
    ...TRAP_IF_NEGATIVE,
  ];
}
