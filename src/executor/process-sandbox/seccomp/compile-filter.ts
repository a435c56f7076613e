/**
 * Compiles an allow-list of system calls into the program that the kernel runs on each call.
 *
 * The numbers are cut into ranges of one answer each, and the range of a call is found in a
 * balanced tree of comparisons, so that no call is slow. A call that enters by another
 * architecture's door (32-bit, x32) ends the process: its numbers mean other things.
 *
 * @module
 */

import { BpfProgram } from './bpf-program.ts';
import { type Architecture, SYSCALL_NUMBERS } from './syscall-numbers.ts';

/** What the kernel does with a call: `SECCOMP_RET_*`. */
export const ACTIONS = {
  allow: 0x7fff0000,
  killProcess: 0x80000000,
  refuse: (errno: number) => (0x00050000 | errno) >>> 0,
} as const;

/** `AUDIT_ARCH_*` of `linux/audit.h`. */
export const AUDIT_ARCHITECTURES: Readonly<Record<Architecture, number>> = {
  'x86-64': 0xc000003e,
  arm64: 0xc00000b7,
};

/**
 * Compares the low 32 bits of an argument, since the kernel reads the arguments that are filtered
 * here as an `int` and drops the rest (CVE-2019-10063).
 */
export interface ArgumentTest {
  /** 0 to 5. */
  readonly argument: number;
  /** Applied before the comparison; absent: all bits. */
  readonly mask?: number;
  readonly is: 'equal' | 'unequal';
  readonly value: number;
}

/** Allowed when all tests of any one list hold; else refused with this error number. */
export interface ConditionalRule {
  readonly anyOf: readonly (readonly ArgumentTest[])[];
  readonly errno: number;
}

export interface FilterPolicy {
  /** Allowed whatever their arguments. Names that an architecture lacks are passed over. */
  readonly allowed: readonly string[];
  readonly conditional: Readonly<Record<string, ConditionalRule>>;
  /** Error number by name, for calls that must not be answered with {@link errno}. */
  readonly refused: Readonly<Record<string, number>>;
  /** Error number of all other calls that have a name. */
  readonly errno: number;
  /** Error number of calls newer than the table. */
  readonly unknownErrno: number;
}

type Answer = number | ConditionalRule;

/** Numbers from `first` to the next range's. */
interface Range {
  readonly first: number;
  readonly answer: Answer;
}

const NUMBER_OFFSET = 0;
const ARCHITECTURE_OFFSET = 4;
const ARGUMENTS_OFFSET = 16;
const ARGUMENT_BYTES = 8;

/** Calls of the x32 ABI carry this bit in their number. */
const X32_BIT = 0x40000000;

/** The program, as `bwrap --seccomp` takes it. */
export function compileFilter(policy: FilterPolicy, architecture: Architecture): Uint8Array {
  const program = new BpfProgram();
  const [native, search, foreign] = [program.newLabel(), program.newLabel(), program.newLabel()];

  program.load(ARCHITECTURE_OFFSET);
  program.ifEqual(AUDIT_ARCHITECTURES[architecture], native, foreign);
  program.set(native);
  program.load(NUMBER_OFFSET);
  program.ifAtLeast(X32_BIT, foreign, search);
  program.set(foreign);
  program.answer(ACTIONS.killProcess);
  program.set(search);
  writeSearch(program, rangesOf(policy, SYSCALL_NUMBERS[architecture]));
  return program.assemble();
}

function rangesOf(policy: FilterPolicy, numbers: ReadonlyMap<string, number>): readonly Range[] {
  const answers = new Map<number, Answer>();
  const answer = (name: string, value: Answer) => {
    const number = numbers.get(name);
    if (number !== undefined) answers.set(number, value);
  };
  for (const name of policy.allowed) answer(name, ACTIONS.allow);
  for (const [name, errno] of Object.entries(policy.refused)) answer(name, ACTIONS.refuse(errno));
  for (const [name, rule] of Object.entries(policy.conditional)) answer(name, rule);

  const end = Math.max(...numbers.values()) + 1;
  const otherwise = ACTIONS.refuse(policy.errno);
  const ranges: Range[] = [];
  for (let first = 0; first < end; first++) {
    const own = answers.get(first) ?? otherwise;
    if (ranges.at(-1)?.answer !== own) ranges.push({ first, answer: own });
  }
  return [...ranges, { first: end, answer: ACTIONS.refuse(policy.unknownErrno) }];
}

function writeSearch(program: BpfProgram, ranges: readonly Range[]): void {
  const [only, ...more] = ranges;
  if (only === undefined) return;
  if (more.length === 0) {
    writeAnswer(program, only.answer);
    return;
  }
  const middle = Math.ceil(ranges.length / 2);
  const [above, below] = [program.newLabel(), program.newLabel()];
  program.ifAtLeast(ranges[middle]!.first, above, below);
  program.set(below);
  writeSearch(program, ranges.slice(0, middle));
  program.set(above);
  writeSearch(program, ranges.slice(middle));
}

function writeAnswer(program: BpfProgram, answer: Answer): void {
  if (typeof answer === 'number') {
    program.answer(answer);
    return;
  }
  for (const tests of answer.anyOf) {
    const failed = program.newLabel();
    for (const test of tests) {
      const passed = program.newLabel();
      program.load(ARGUMENTS_OFFSET + test.argument * ARGUMENT_BYTES);
      if (test.mask !== undefined) program.and(test.mask);
      if (test.is === 'equal') program.ifEqual(test.value, passed, failed);
      else program.ifEqual(test.value, failed, passed);
      program.set(passed);
    }
    program.answer(ACTIONS.allow);
    program.set(failed);
  }
  program.answer(ACTIONS.refuse(answer.errno));
}
