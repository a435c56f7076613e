/**
 * Programs before and after hardening: same results, same traps, same memory.
 */

import { describe, expect, test } from 'vitest';
import { callExport, HardenedInstance, harden, instantiate } from './support/hardened.ts';
import { type Call, PROGRAMS } from './support/programs.ts';
import { assemble } from './support/wat.ts';

/** What is left in the memory that a program exports under this name. */
function contentOf(memory: WebAssembly.ExportValue | undefined): Uint8Array | undefined {
  return memory instanceof WebAssembly.Memory ? new Uint8Array(memory.buffer) : undefined;
}

/** A host that remembers what it was told. */
function createHost() {
  const heard: number[] = [];
  const m = {
    log: (value: number) => void heard.push(value),
    pair: () => [7, heard.length / 4],
  };
  return { heard, functions: { m } };
}

describe('a hardened program', () => {
  test.each(Object.entries(PROGRAMS))('does what the original did: %s', (_, program) => {
    const upload = assemble(program.wat);
    const originalHost = createHost();
    const original = instantiate(upload, originalHost.functions);
    const expected = program.calls.map(([name, ...values]: Call) =>
      callExport(original, name, values),
    );

    const host = createHost();
    const hardened = new HardenedInstance(harden(upload), host.functions);
    const outcomes = program.calls.map(([name, ...values]) => {
      const run = hardened.call(name, values);
      expect(run.exhausted).toBe(false);
      expect(run.fuelUsed).toBeGreaterThan(0n);
      return run.outcome;
    });

    expect(outcomes).toEqual(expected);
    expect(host.heard).toEqual(originalHost.heard);
    expect(contentOf(hardened.get('memory'))).toEqual(contentOf(original.memory));
  });

  test.each(Object.entries(PROGRAMS))('takes the same fuel again: %s', (_, program) => {
    const module = harden(program.wat);
    const use = () => {
      const instance = new HardenedInstance(module, createHost().functions);
      return program.calls
        .filter(([name]) => name !== 'deep') // where the stack ends is up to the engine
        .map(([name, ...values]) => instance.call(name, values).fuelUsed);
    };
    expect(use()).toEqual(use());
  });
});
