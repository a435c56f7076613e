/**
 * The system calls of the process tier, written as the OCI runtime specification wants them: one
 * policy, two notations.
 *
 * Arguments are compared in their low 32 bits, as the kernel reads them. The notation has no
 * "unequal" for that, so such a test becomes the list of all bit patterns that are left.
 *
 * @module
 */

import type {
  ArgumentTest,
  ConditionalRule,
  FilterPolicy,
} from '../process-sandbox/seccomp/compile-filter.ts';
import { type NetworkUse, pluginFilter } from '../process-sandbox/seccomp/plugin-filter.ts';
import { type Architecture, SYSCALL_NUMBERS } from '../process-sandbox/seccomp/syscall-numbers.ts';

export interface OciSeccomp {
  readonly defaultAction: 'SCMP_ACT_ERRNO';
  readonly defaultErrnoRet: number;
  readonly architectures: readonly string[];
  readonly syscalls: readonly OciRule[];
}

interface OciRule {
  readonly names: readonly string[];
  readonly action: 'SCMP_ACT_ALLOW' | 'SCMP_ACT_ERRNO';
  readonly errnoRet?: number;
  readonly args?: readonly OciArgument[];
}

interface OciArgument {
  readonly index: number;
  /** The mask. */
  readonly value: number;
  /** What is left under the mask. */
  readonly valueTwo: number;
  readonly op: 'SCMP_CMP_MASKED_EQ';
}

const ARCHITECTURE_NAMES: Readonly<Record<Architecture, string>> = {
  'x86-64': 'SCMP_ARCH_X86_64',
  arm64: 'SCMP_ARCH_AARCH64',
};

const LOW_32_BITS = 0xffff_ffff;

/** What plugins may call, for the architecture of this machine. */
export function pluginSeccomp(network: NetworkUse): OciSeccomp {
  return toOciSeccomp(pluginFilter(network), process.arch === 'arm64' ? 'arm64' : 'x86-64');
}

export function toOciSeccomp(policy: FilterPolicy, architecture: Architecture): OciSeccomp {
  const known = [...SYSCALL_NUMBERS[architecture].keys()];
  const answered = new Set([
    ...policy.allowed,
    ...Object.keys(policy.conditional),
    ...Object.keys(policy.refused),
  ]);
  return {
    defaultAction: 'SCMP_ACT_ERRNO',
    defaultErrnoRet: policy.unknownErrno,
    architectures: [ARCHITECTURE_NAMES[architecture]],
    syscalls: [
      { names: policy.allowed.filter((name) => known.includes(name)), action: 'SCMP_ACT_ALLOW' },
      refuse(
        known.filter((name) => !answered.has(name)),
        policy.errno,
      ),
      ...Object.entries(policy.refused).map(([name, errno]) => refuse([name], errno)),
      ...Object.entries(policy.conditional).flatMap(([name, rule]) => allowIf(name, rule)),
    ],
  };
}

function refuse(names: readonly string[], errnoRet: number): OciRule {
  return { names, action: 'SCMP_ACT_ERRNO', errnoRet };
}

function allowIf(name: string, { anyOf }: ConditionalRule): readonly OciRule[] {
  return anyOf
    .flatMap(argumentLists)
    .map((args) => ({ names: [name], action: 'SCMP_ACT_ALLOW', args }));
}

/** Lists of which one must hold whole. A list may name an argument only once. */
function argumentLists(tests: readonly ArgumentTest[]): readonly (readonly OciArgument[])[] {
  const refused = tests.filter(({ is }) => is === 'unequal');
  if (refused.length === 0) {
    return [tests.map(({ argument, mask = LOW_32_BITS, value }) => equal(argument, mask, value))];
  }
  const index = refused[0]!.argument;
  const isPlain = tests.every(
    ({ is, argument, mask }) => is === 'unequal' && argument === index && mask === undefined,
  );
  if (!isPlain) throw new TypeError('Cannot write a rule: "unequal" must be about one argument');
  return allBut(refused.map(({ value }) => value)).map(({ mask, value }) => [
    equal(index, mask, value),
  ]);
}

function equal(index: number, mask: number, value: number): OciArgument {
  return { index, value: mask, valueTwo: value, op: 'SCMP_CMP_MASKED_EQ' };
}

export interface BitPattern {
  readonly mask: number;
  readonly value: number;
}

/** Patterns which, between them, fit every number of 32 bits but these. */
export function allBut(
  refused: readonly number[],
  prefix: BitPattern = { mask: 0, value: 0 },
  bit = 31,
): readonly BitPattern[] {
  if (refused.length === 0) return [prefix];
  if (bit < 0) return [];
  return [0, 1].flatMap((digit) => {
    const below = refused.filter((value) => ((value >>> bit) & 1) === digit);
    const mask = (prefix.mask | (1 << bit)) >>> 0;
    const value = (prefix.value | (digit << bit)) >>> 0;
    return allBut(below, { mask, value }, bit - 1);
  });
}
