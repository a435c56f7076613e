import { describe, expect, test } from 'vitest';
import { hardenModule } from '../../src/wasm-hardening/harden.ts';
import {
  DEFAULT_HARDENING_POLICY,
  HIGHEST_LIMITS,
} from '../../src/wasm-hardening/hardening-policy.ts';
import { HardenedInstance, harden, OPEN_POLICY, rejection } from './support/hardened.ts';
import { moduleOf } from './support/module-bytes.ts';
import { assemble, disassemble } from './support/wat.ts';

describe('memory and tables', () => {
  test('get the maximum of the policy when they have none, or a larger one', () => {
    const policy = { ...OPEN_POLICY, maxMemoryPages: 10 };
    expect(harden('(module (memory 1))', policy).memoryPages).toEqual({ min: 1, max: 10 });
    expect(harden('(module (memory 1 11))', policy).memoryPages).toEqual({ min: 1, max: 10 });
    expect(harden('(module (memory 1 9))', policy).memoryPages).toEqual({ min: 1, max: 9 });
  });

  test('are refused when they begin larger than the policy allows', () => {
    const policy = { ...OPEN_POLICY, maxMemoryPages: 10, maxTableElements: 20 };
    expect(harden('(module (memory 10))', policy).memoryPages).toEqual({ min: 10, max: 10 });
    expect(rejection('(module (memory 11))', policy).message).toContain(
      'minimum 11 of the memory must be at most 10',
    );
    harden('(module (table 20 funcref))', policy);
    expect(rejection('(module (table 21 funcref))', policy).message).toContain(
      'minimum 21 of the table must be at most 20',
    );
  });

  test('grow up to the maximum of the policy and no further', () => {
    const policy = { ...OPEN_POLICY, maxMemoryPages: 10, maxTableElements: 20 };
    const instance = new HardenedInstance(
      harden(
        `(module (memory 1) (table 1 externref)
          (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
          (func (export "growTable") (param i32) (result i32)
            (table.grow 0 (ref.null extern) (local.get 0))))`,
        policy,
      ),
    );
    expect(instance.call('grow', [10]).outcome).toEqual({ value: -1 });
    expect(instance.call('grow', [9]).outcome).toEqual({ value: 1 });
    expect(instance.call('grow', [1]).outcome).toEqual({ value: -1 });
    expect(instance.call('growTable', [20]).outcome).toEqual({ value: -1 });
    expect(instance.call('growTable', [19]).outcome).toEqual({ value: 1 });
    expect(instance.call('growTable', [1]).outcome).toEqual({ value: -1 });
  });

  test('keep every table at its index', () => {
    const { bytes } = harden('(module (table 1 funcref) (table 2 5 externref) (table 3 funcref))');
    expect(disassemble(bytes)).toMatch(
      /\(table .*1 10000 funcref\)\s+\(table .*2 5 externref\)\s+\(table .*3 10000 funcref\)/,
    );
  });
});

describe('HardeningPolicy', () => {
  test.each([
    ['maxMemoryPages', Number.NaN],
    ['maxMemoryPages', -1],
    ['maxMemoryPages', 1.5],
    ['maxMemoryPages', HIGHEST_LIMITS.maxMemoryPages + 1],
    ['maxTableElements', Number.POSITIVE_INFINITY],
    ['maxModuleBytes', Number.NaN],
  ])('is not usable with %s %d, which would measure nothing', (field, value) => {
    const policy = { ...OPEN_POLICY, [field]: value };
    expect(() => hardenModule(moduleOf(), policy)).toThrow(RangeError);
  });

  test('is usable up to its bounds', () => {
    const policy = { ...OPEN_POLICY, maxMemoryPages: HIGHEST_LIMITS.maxMemoryPages };
    expect(
      harden(`(module (memory ${HIGHEST_LIMITS.maxMemoryPages}))`, policy).memoryPages.max,
    ).toBe(1024);
  });

  test('decides on imports by both names and the type', () => {
    const asked: string[] = [];
    const policy = {
      ...OPEN_POLICY,
      allowsImport(module: string, name: string, type: string) {
        asked.push(`${module} ${name} ${type}`);
        return name !== 'c';
      },
    };
    const wat = '(module (import "a" "b" (func (param i64))) (import "a" "c" (func)))';
    expect(rejection(wat, policy).message).toContain(
      'import "a" "c" must be a function that the host offers',
    );
    expect(asked).toEqual(['a b (i64)->()', 'a c ()->()']);
  });

  test('allows by default what the Wasm tier offers, and nothing else', () => {
    const importing = (module: string, name: string, type = '(param i32)') =>
      hardenModule(
        assemble(`(module (import "${module}" "${name}" (func ${type})))`),
        DEFAULT_HARDENING_POLICY,
      ).ok;
    expect(importing('wasi_snapshot_preview1', 'proc_exit')).toBe(true);
    expect(importing('wasi_snapshot_preview1', 'proc_exit', '')).toBe(false);
    expect(importing('wasi_snapshot_preview1', 'proc_spawn')).toBe(false);
    expect(importing('js', 'eval')).toBe(false);
  });
});
