import { expect, test } from 'vitest';
import {
  type BpfLabel,
  BpfProgram,
} from '../../../../src/executor/process-sandbox/seccomp/bpf-program.ts';
import { interpretBpf } from './interpret-bpf.ts';

/** Answers 1 when the number is 7, over `padding` instructions, else 2. */
function programWithGap(padding: number): Uint8Array {
  const program = new BpfProgram();
  const [far, near] = [program.newLabel(), program.newLabel()];
  program.load(0);
  program.ifEqual(7, far, near);
  program.set(near);
  program.answer(2);
  for (let i = 0; i < padding; i++) program.answer(3);
  program.set(far);
  program.answer(1);
  return program.assemble();
}

test.each([0, 253, 254, 255, 256, 3000])('jumps over %i instructions', (padding) => {
  const program = programWithGap(padding);
  expect(interpretBpf(program, { number: 7, auditArchitecture: 0 })).toBe(1);
  expect(interpretBpf(program, { number: 8, auditArchitecture: 0 })).toBe(2);
});

test('the longest program that the kernel takes is assembled, a longer one is not', () => {
  const short = programWithGap(4096 - 6);
  expect(short.length / 8).toBe(4096);
  expect(() => programWithGap(4096 - 5)).toThrow('4097 instructions');
});

test('a jump backwards, or to a place that is never set, is a mistake', () => {
  const assemble = (place: (program: BpfProgram, label: BpfLabel) => void) => {
    const program = new BpfProgram();
    const label = program.newLabel();
    place(program, label);
    program.ifEqual(0, label, label);
    return () => program.assemble();
  };
  expect(assemble((program, label) => program.set(label))).toThrow('backwards');
  expect(assemble(() => {})).toThrow('backwards');
});
