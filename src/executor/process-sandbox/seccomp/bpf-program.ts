/**
 * Writes classic BPF, the instructions in which a seccomp filter is handed to the kernel
 * (`struct sock_filter`, little-endian). Knows nothing of system calls.
 *
 * A conditional jump reaches 255 instructions. Longer ones are turned into a conditional jump over
 * two unconditional ones, until all fit.
 *
 * @module
 */

/** The kernel accepts no longer program (`BPF_MAXINSNS`). */
const MAX_INSTRUCTIONS = 4096;

const INSTRUCTION_BYTES = 8;
const LONGEST_CONDITIONAL_JUMP = 255;

/** Operation codes: load a word, and with a constant, compare, jump, return. */
export const BPF = {
  load: 0x20,
  and: 0x54,
  jumpIfEqual: 0x15,
  jumpIfAtLeast: 0x35,
  jump: 0x05,
  answer: 0x06,
} as const;

/** A place in the program, jumped to before or after it is set, but only forwards. */
export type BpfLabel = { readonly label: symbol };

type Instruction =
  | { readonly code: number; readonly operand: number }
  | { readonly code: number; readonly operand: number; readonly yes: symbol; readonly no: symbol }
  | { readonly code: number; readonly to: symbol };

type Line = Instruction | BpfLabel;

export class BpfProgram {
  readonly #lines: Line[] = [];

  newLabel(): BpfLabel {
    return { label: Symbol() };
  }

  set(label: BpfLabel): void {
    this.#lines.push(label);
  }

  /** Reads a word of `struct seccomp_data` at this offset, in bytes. */
  load(offset: number): void {
    this.#lines.push({ code: BPF.load, operand: offset });
  }

  and(mask: number): void {
    this.#lines.push({ code: BPF.and, operand: mask });
  }

  answer(action: number): void {
    this.#lines.push({ code: BPF.answer, operand: action });
  }

  ifEqual(value: number, yes: BpfLabel, no: BpfLabel): void {
    this.#lines.push({ code: BPF.jumpIfEqual, operand: value, yes: yes.label, no: no.label });
  }

  /** Compares without sign. */
  ifAtLeast(value: number, yes: BpfLabel, no: BpfLabel): void {
    this.#lines.push({ code: BPF.jumpIfAtLeast, operand: value, yes: yes.label, no: no.label });
  }

  /** @throws Error when the program jumps backwards or is too long: a mistake of the compiler. */
  assemble(): Uint8Array {
    const lines = bridgeFarJumps(this.#lines);
    const places = placesOf(lines);
    const instructions = lines.filter(isInstruction);
    if (instructions.length > MAX_INSTRUCTIONS) {
      throw new Error(`Cannot assemble a filter of ${instructions.length} instructions`);
    }
    const bytes = new Uint8Array(instructions.length * INSTRUCTION_BYTES);
    const view = new DataView(bytes.buffer);
    for (const [at, instruction] of instructions.entries()) {
      const distance = (label: symbol) => places.get(label)! - at - 1;
      const operand = 'to' in instruction ? distance(instruction.to) : instruction.operand;
      const start = at * INSTRUCTION_BYTES;
      view.setUint16(start, instruction.code, true);
      if ('yes' in instruction) {
        view.setUint8(start + 2, distance(instruction.yes));
        view.setUint8(start + 3, distance(instruction.no));
      }
      view.setUint32(start + 4, operand >>> 0, true);
    }
    return bytes;
  }
}

function bridgeFarJumps(lines: readonly Line[]): readonly Line[] {
  const places = placesOf(lines);
  let at = 0;
  const bridged = lines.flatMap((line): readonly Line[] => {
    if (!isInstruction(line)) return [line];
    at++;
    if (!('yes' in line)) return [line];
    const distances = [places.get(line.yes)! - at, places.get(line.no)! - at];
    if (distances.some((distance) => !(distance >= 0))) {
      throw new Error('Cannot assemble a filter that jumps backwards');
    }
    if (distances.every((distance) => distance <= LONGEST_CONDITIONAL_JUMP)) return [line];
    const [yes, no] = [Symbol(), Symbol()];
    return [
      { ...line, yes, no },
      { label: yes },
      { code: BPF.jump, to: line.yes },
      { label: no },
      { code: BPF.jump, to: line.no },
    ];
  });
  return bridged.length === lines.length ? lines : bridgeFarJumps(bridged);
}

function placesOf(lines: readonly Line[]): ReadonlyMap<symbol, number> {
  const places = new Map<symbol, number>();
  let at = 0;
  for (const line of lines) {
    if (isInstruction(line)) at++;
    else places.set(line.label, at);
  }
  return places;
}

function isInstruction(line: Line): line is Instruction {
  return 'code' in line;
}
