/** Runs a seccomp filter as the kernel does, so that both architectures are tested on any machine. */

import { BPF } from '../../../../src/executor/process-sandbox/seccomp/bpf-program.ts';
import { AUDIT_ARCHITECTURES } from '../../../../src/executor/process-sandbox/seccomp/compile-filter.ts';
import {
  type Architecture,
  SYSCALL_NUMBERS,
} from '../../../../src/executor/process-sandbox/seccomp/syscall-numbers.ts';

/** `struct seccomp_data` but for the instruction pointer. */
export interface Call {
  readonly number: number;
  readonly auditArchitecture: number;
  readonly args?: readonly bigint[];
}

/** What the filter answers: one of `ACTIONS`. */
export function interpretBpf(program: Uint8Array, call: Call): number {
  const code = new DataView(program.buffer, program.byteOffset, program.byteLength);
  const data = new DataView(new ArrayBuffer(64));
  data.setUint32(0, call.number, true);
  data.setUint32(4, call.auditArchitecture, true);
  for (const [at, arg] of (call.args ?? []).entries()) data.setBigUint64(16 + 8 * at, arg, true);

  let word = 0;
  for (let at = 0; ; at += 8) {
    const operand = code.getUint32(at + 4, true);
    const jump = (holds: boolean) => code.getUint8(at + (holds ? 2 : 3)) * 8;
    switch (code.getUint16(at, true)) {
      case BPF.load:
        word = data.getUint32(operand, true);
        break;
      case BPF.and:
        word = (word & operand) >>> 0;
        break;
      case BPF.jumpIfEqual:
        at += jump(word === operand);
        break;
      case BPF.jumpIfAtLeast:
        at += jump(word >= operand);
        break;
      case BPF.jump:
        at += operand * 8;
        break;
      case BPF.answer:
        return operand;
      default:
        throw new Error(`Cannot interpret instruction ${at / 8}`);
    }
  }
}

/** A call by name, as a native program makes it. */
export function interpretCall(
  program: Uint8Array,
  architecture: Architecture,
  [name, ...args]: readonly [string, ...bigint[]],
): number {
  const number = SYSCALL_NUMBERS[architecture].get(name);
  if (number === undefined) throw new Error(`Cannot call "${name}" on ${architecture}`);
  return interpretBpf(program, {
    number,
    auditArchitecture: AUDIT_ARCHITECTURES[architecture],
    args,
  });
}
