/**
 * What a call costs its caller: the instruction, its operands, and the whole of a function that
 * takes no fuel itself.
 */

import type { ReadInstruction, ReadModule } from './read-bodies.ts';
import type { StepBody } from './steps.ts';

/** Operands handed over, and locals to be zeroed, that cost one unit together. */
const PER_FUEL = 8;
const LOOP = 0x03;

export class CallCosts {
  readonly complaints: string[] = [];
  private readonly module: ReadModule;
  private readonly bodies: ReadonlyMap<number, StepBody>;
  private readonly costs = new Map<number, number | 'being counted'>();

  /** `references` are functions that can be called without being named. */
  constructor(module: ReadModule, bodies: readonly StepBody[], references: ReadonlySet<number>) {
    this.module = module;
    this.bodies = new Map(bodies.map((body) => [body.body.functionIndex, body]));
    for (const index of this.bodies.keys()) {
      if (!this.isPrepaid(index)) continue;
      if (references.has(index))
        this.complain(index, 'takes no fuel, and is not only called by name');
      this.costOf(index);
    }
  }

  /** A function without any charge: its callers must have paid. */
  isPrepaid(index: number): boolean {
    const body = this.bodies.get(index);
    return body !== undefined && !body.steps.some(({ kind }) => kind === 'charge');
  }

  /** Fuel that a call of the function takes before its first instruction. */
  entryCost({ ownLocals }: StepBody): number {
    return 1 + Math.floor(ownLocals / PER_FUEL);
  }

  workCost({ instruction, numbers }: ReadInstruction): number {
    const [index = -1] = numbers;
    if (instruction.immediate === 'call')
      return instruction.fuel + this.operands(this.module.functions[index]) + this.costOf(index);
    if (instruction.immediate === 'indirect-call')
      return instruction.fuel + this.operands(this.module.types[index]);
    return instruction.fuel;
  }

  /** Whether a call of the function cannot change the counter. */
  leavesFuelAlone(index: number): boolean {
    if (!this.isPrepaid(index)) return false;
    return (this.bodies.get(index)?.steps ?? []).every((step) => {
      if (step.kind !== 'work') return step.kind !== 'length';
      const { immediate } = step.read.instruction;
      if (immediate === 'call') return this.leavesFuelAlone(step.read.numbers[0] ?? -1);
      return immediate !== 'indirect-call';
    });
  }

  private operands(type: ReadModule['types'][number] | undefined): number {
    return Math.floor(((type?.parameters ?? 0) + (type?.results ?? 0)) / PER_FUEL);
  }

  /** All that a prepaid function can do; 0 for any other. */
  private costOf(index: number): number {
    const body = this.bodies.get(index);
    if (body === undefined || !this.isPrepaid(index)) return 0;
    const known = this.costs.get(index);
    if (known === 'being counted') {
      this.complain(index, 'takes no fuel, and comes back to itself');
      return 0;
    }
    if (known !== undefined) return known;
    this.costs.set(index, 'being counted');
    let cost = this.entryCost(body);
    for (const step of body.steps) {
      if (step.kind !== 'work') continue;
      if (step.read.opcode === LOOP) this.complain(index, 'takes no fuel, and has a loop');
      cost += this.workCost(step.read);
    }
    this.costs.set(index, cost);
    return cost;
  }

  private complain(index: number, what: string): void {
    this.complaints.push(`function ${index} ${what}`);
  }
}
