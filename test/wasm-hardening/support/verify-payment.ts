/**
 * Proves for one hardened module that nothing in it runs unpaid.
 *
 * Each function is walked through once, with the *credit* at hand: what has been charged and not
 * yet used up, on the worst way that leads here. A charge adds to it, an instruction takes its
 * cost from it, where ways meet the smaller one counts, and a turn of a loop must not end with
 * less than it began. The credit must never fall below nothing. On the same walk it is shown that
 * the copy of the fuel which loops compute from is what the counter says.
 *
 * This knows nothing of regions: it holds for any way of placing charges.
 */

import type { HardenedModule } from '../../../src/wasm-hardening/harden.ts';
import { CallCosts } from './call-costs.ts';
import { type ReadInstruction, readModule } from './read-bodies.ts';
import { type Step, type StepBody, toSteps } from './steps.ts';
import { disassemble } from './wat.ts';

/** Sentences about what is not paid for; `chargeCount` must be right as well. */
export function unpaidIn(hardened: HardenedModule): readonly string[] {
  const module = readModule(hardened.bytes);
  const firstFunction = hardened.imports.length + hardened.functionCount;
  const added = { fuelGlobal: module.fuelGlobal, firstFunction };
  const own = module.bodies
    .filter(({ functionIndex }) => functionIndex < firstFunction)
    .map((body) => toSteps(body, added));
  const costs = new CallCosts(module, own, referencesIn(hardened.bytes));
  const charges = own.flatMap(({ steps }) =>
    steps.filter(({ kind }) => kind === 'charge' || kind === 'length'),
  ).length;
  return [
    ...costs.complaints,
    ...own.flatMap((body) => new Walk(body, costs).complaints),
    ...(charges === hardened.chargeCount
      ? []
      : [`${charges} charges, stated ${hardened.chargeCount}`]),
  ];
}

function referencesIn(bytes: Uint8Array): ReadonlySet<number> {
  const text = disassemble(bytes);
  const single = [...text.matchAll(/\(export "[^"]*" \(func (\d+)\)\)|\bref\.func (\d+)/g)];
  const listed = [...text.matchAll(/\(elem [^\n]* func((?: \d+)+)\)/g)];
  return new Set(
    [
      ...single.map(([, exported, named]) => exported ?? named),
      ...listed.flatMap(([, indices = '']) => indices.trim().split(' ')),
    ].map(Number),
  );
}

interface State {
  /** On the worst way that leads here. */
  readonly credit: number;
  /** Whether the copy is what the counter says. */
  readonly hasCopy: boolean;
}

interface OpenBlock {
  readonly kind: 'block' | 'loop' | 'if';
  readonly entry: State | undefined;
  /** States of those who leave, and of the first arm of an `if`. */
  readonly exits: (State | undefined)[];
}

const FLOW = {
  ...{ unreachable: 0x00, block: 0x02, loop: 0x03, if: 0x04, else: 0x05, end: 0x0b, br: 0x0c },
  ...{ brIf: 0x0d, brTable: 0x0e, return: 0x0f, returnCall: 0x12, returnCallIndirect: 0x13 },
} as const;

class Walk {
  readonly complaints: string[];
  private readonly body: StepBody;
  private readonly costs: CallCosts;
  private readonly blocks: OpenBlock[] = [];
  /** Nothing where no way leads. */
  private state: State | undefined;

  constructor(body: StepBody, costs: CallCosts) {
    this.body = body;
    this.costs = costs;
    this.complaints = body.complaints.map((what) => this.sentence(what));
    if (costs.isPrepaid(body.body.functionIndex)) return;
    this.state = { credit: -costs.entryCost(body), hasCopy: false };
    if (body.steps[0]?.kind !== 'charge') this.complain('does not begin with a charge');
    for (const step of body.steps) this.take(step);
  }

  private take(step: Step): void {
    if (step.kind === 'work') this.work(step.read);
    else if (this.state !== undefined) this.state = this.takeFuel(step, this.state);
  }

  private takeFuel(step: Exclude<Step, { kind: 'work' }>, { credit, hasCopy }: State): State {
    if (step.kind === 'copy') return { credit, hasCopy: true };
    if (step.kind === 'length') return { credit, hasCopy: false };
    if (step.from === 'counter') return { credit: credit + step.fuel, hasCopy: false };
    if (!hasCopy) this.complain('charges from a copy that is old');
    return { credit: credit + step.fuel, hasCopy };
  }

  private work(read: ReadInstruction): void {
    if (this.state !== undefined) {
      const credit = this.state.credit - this.costs.workCost(read);
      if (credit < 0) this.complain(`lacks ${-credit} at opcode ${read.opcode}`);
      const isCall = /call$/.test(read.instruction.immediate);
      const isKept = !isCall || this.leavesFuelAlone(read);
      this.state = { credit: Math.max(0, credit), hasCopy: this.state.hasCopy && isKept };
    }
    this.follow(read);
  }

  private leavesFuelAlone({ instruction, numbers }: ReadInstruction): boolean {
    return instruction.immediate === 'call' && this.costs.leavesFuelAlone(numbers[0] ?? -1);
  }

  private follow({ opcode, numbers }: ReadInstruction): void {
    switch (opcode) {
      case FLOW.block:
      case FLOW.loop:
      case FLOW.if: {
        const kind = opcode === FLOW.loop ? 'loop' : opcode === FLOW.if ? 'if' : 'block';
        this.blocks.push({ kind, entry: this.state, exits: [] });
        break;
      }
      case FLOW.else: {
        const block = this.blocks.pop();
        this.blocks.push({
          kind: 'block',
          entry: undefined,
          exits: [...(block?.exits ?? []), this.state],
        });
        this.state = block?.entry;
        break;
      }
      case FLOW.end:
        this.close();
        break;
      case FLOW.brIf:
        this.branch(numbers);
        break;
      case FLOW.br:
      case FLOW.brTable:
        this.branch(numbers);
        this.state = undefined;
        break;
      case FLOW.unreachable:
      case FLOW.return:
      case FLOW.returnCall:
      case FLOW.returnCallIndirect:
        this.state = undefined;
    }
  }

  /** An `if` without `else` is also left by who does not enter it. */
  private close(): void {
    const block = this.blocks.pop();
    if (block === undefined) return;
    const others = block.kind === 'if' ? [...block.exits, block.entry] : block.exits;
    this.state = others.reduce(meet, this.state);
  }

  private branch(labels: readonly number[]): void {
    for (const label of labels) {
      const block = this.blocks.at(-1 - label);
      if (block?.kind === 'loop') this.turn(block.entry);
      else block?.exits.push(this.state);
    }
  }

  private turn(entry: State | undefined): void {
    if (this.state === undefined || entry === undefined) return;
    if (this.state.credit < entry.credit) this.complain('a turn of a loop costs more than it pays');
    if (entry.hasCopy && !this.state.hasCopy) this.complain('a turn of a loop loses the copy');
  }

  private complain(what: string): void {
    this.complaints.push(this.sentence(what));
  }

  private sentence(what: string): string {
    return `function ${this.body.body.functionIndex} ${what}`;
  }
}

function meet(a: State | undefined, b: State | undefined): State | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return { credit: Math.min(a.credit, b.credit), hasCopy: a.hasCopy && b.hasCopy };
}
