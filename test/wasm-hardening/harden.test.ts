import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { HARDENING_VERSION } from '../../src/wasm-hardening/harden.ts';
import { DEFAULT_HARDENING_POLICY } from '../../src/wasm-hardening/hardening-policy.ts';
import {
  FUEL_EXPORT,
  MEMORY_EXPORT,
  START_EXPORT,
} from '../../src/wasm-hardening/reserved-exports.ts';
import { foreignUsesOfFuel } from './support/fuel-uses.ts';
import { HardenedInstance, harden, instantiate, rejection } from './support/hardened.ts';
import { list, moduleOf, moduleWithBody, name, section, sized } from './support/module-bytes.ts';
import { assemble } from './support/wat.ts';

const SAMPLE = `(module
  (import "extism:host/env" "alloc" (func $alloc (param i64) (result i64)))
  (memory (export "memory") 2)
  (table (export "table") 1 funcref)
  (global (export "counter") (mut i32) (i32.const 7))
  (func (export "sum") (param i32 f64) (result i64 i32)
    (loop $again
      (br_if $again (i32.eqz (local.get 0))))
    (memory.fill (i32.const 0) (i32.const 1) (local.get 0))
    (i32.store (i32.const 0) (i32.load (i32.const 4)))
    (call $alloc (i64.const 3)) (i32.const 4)))`;

describe('hardenModule()', () => {
  test('describes the module as its author wrote it', () => {
    const { bytes, ...description } = harden(SAMPLE, DEFAULT_HARDENING_POLICY);
    expect(description).toEqual({
      imports: [{ module: 'extism:host/env', name: 'alloc', type: '(i64)->(i64)' }],
      exports: [
        { name: 'memory', kind: 'memory' },
        { name: 'table', kind: 'table' },
        { name: 'counter', kind: 'global' },
        { name: 'sum', kind: 'function', type: '(i32,f64)->(i64,i32)' },
      ],
      memoryPages: { min: 2, max: 256 },
      functionCount: 1,
      tables: [{ min: 1, max: 10_000 }],
      chargeCount: 3, // entry, loop, fill
      compileUnits: 20,
      data: [],
      customSections: [],
    });
    expect(WebAssembly.validate(bytes)).toBe(true);
  });

  test('gives the same bytes for the same version', () => {
    const digest = createHash('sha256').update(harden(SAMPLE).bytes).digest('hex').slice(0, 16);
    expect({ version: HARDENING_VERSION, digest }).toEqual({
      version: 5, // raise HARDENING_VERSION before you change the digest
      digest: '5cd51375b9733136',
    });
  });

  test('leaves the upload as it was', () => {
    const upload = assemble(SAMPLE);
    const before = upload.slice();
    const { bytes } = harden(upload);
    bytes.fill(0);
    expect(upload).toEqual(before);
  });

  test('reads an upload that is a view into a larger buffer', () => {
    const upload = assemble(SAMPLE);
    const buffer = new Uint8Array(upload.length + 20).fill(0xff);
    buffer.set(upload, 7);
    expect(harden(buffer.subarray(7, 7 + upload.length)).bytes).toEqual(harden(upload).bytes);
  });

  test('gives the smallest module a fuel counter too', () => {
    const hardened = harden(moduleOf());
    expect(hardened).toMatchObject({ functionCount: 0, chargeCount: 0 });
    expect(hardened.memoryPages).toEqual({ min: 0, max: 0 });
    expect(Object.keys(instantiate(hardened.bytes))).toEqual([FUEL_EXPORT]);
  });

  test('drops custom sections, wherever they stand, and tells their names', () => {
    const custom = (text: string) => section(0, [...name(text), 1, 2, 3]);
    const hardened = harden(
      moduleOf(
        custom('first'),
        section(1, list([0x60, 0, 0])),
        custom('producers'),
        section(3, list([0])),
        section(10, list(sized([0, 0x0b]))),
        custom('name'),
      ),
    );
    expect(hardened.customSections).toEqual(['first', 'producers', 'name']);
    expect(
      WebAssembly.Module.customSections(new WebAssembly.Module(hardened.bytes), 'name'),
    ).toEqual([]);
  });

  test('refuses a module that it has hardened before', () => {
    expect(rejection(harden(SAMPLE).bytes).message).toContain(
      `export "${FUEL_EXPORT}" must not begin with "__sallyport_"`,
    );
  });
});

describe('the fuel counter', () => {
  test('is empty in a new instance, so a host that forgets to set it runs nothing', () => {
    const instance = new HardenedInstance(harden('(module (func (export "f")))'));
    expect(instance.fuel).toBe(0n);
    expect(instance.call('f', [], 0n)).toMatchObject({
      outcome: { trap: 'unreachable' },
      exhausted: true,
    });
  });

  test('may be used up to nothing, but not below', () => {
    const instance = new HardenedInstance(harden('(module (func (export "f") nop nop))'));
    const { fuelUsed } = instance.call('f');
    expect(instance.call('f', [], fuelUsed)).toMatchObject({ exhausted: false });
    expect(instance.call('f', [], fuelUsed - 1n)).toMatchObject({ exhausted: true });
  });

  test.each([
    ['global.set', [0x42, 1, 0x24, 1]],
    ['global.get', [0x23, 1, 0x1a]],
  ])('has no index that %s could name', (_, code) => {
    const oneGlobal = section(6, list([0x7e, 1, 0x42, 0, 0x0b]));
    const { message } = rejection(moduleWithBody(code, [oneGlobal]));
    expect(message).toContain('global index 1 must be below 1');
  });

  test('cannot be exported by the module under a name of its own', () => {
    const exported = section(7, list([...name('mine'), 3, 0]));
    expect(rejection(moduleWithBody([], [exported])).message).toContain(
      'global index 0 must be below 0',
    );
  });

  test('cannot be read by the initialiser of a global or a segment', () => {
    const global = section(6, list([0x7e, 0, 0x23, 0, 0x0b]));
    expect(rejection(moduleWithBody([], [global])).message).toContain('global index 0');
    const memory = section(5, list([0, 1]));
    const data = section(11, list([0, 0x23, 0, 0x0b, 0]));
    const code = section(10, list(sized([0, 0x0b])));
    const functions = [section(1, list([0x60, 0, 0])), section(3, list([0]))];
    expect(rejection(moduleOf(...functions, memory, code, data)).message).toContain(
      'global index 0',
    );
  });

  test('has helpers that the module can neither call nor refer to', () => {
    for (const code of [
      [0x10, 1], // call
      [0x12, 2], // return_call
      [0xd2, 3, 0x1a], // ref.func
    ])
      expect(rejection(moduleWithBody(code)).message).toContain('must be below 1');
    for (const declaration of [
      section(9, list([1, 0, ...list([1])])), // an element segment of indices
      section(9, list([5, 0x70, ...list([0xd2, 1, 0x0b])])), // the same of expressions
      section(6, list([0x70, 0, 0xd2, 1, 0x0b])), // a global
      section(8, [1]), // the start function
      section(7, list([...name('x'), 0, 1])),
    ])
      expect(rejection(moduleWithBody([], [declaration])).message).toContain(
        'function index 1 must be below 1',
      );
  });

  test('has helpers of a type that the module cannot name', () => {
    const table = section(4, list([0x70, 0, 1]));
    for (const code of [
      [0x41, 0, 0x11, 1, 0], // call_indirect
      [0x41, 0, 0x02, 1, 0x0b, 0x1a], // block
    ])
      expect(rejection(moduleWithBody(code, [table])).message).toContain(
        'type index 1 must be below 1',
      );
  });

  test('is written nowhere in the output but where fuel is taken', () => {
    expect(foreignUsesOfFuel(harden(SAMPLE))).toEqual([]);
  });
});

describe('a memory', () => {
  const GROWING = (exported: string) => `(module (memory 1) ${exported}
    (func (export "grow") (drop (memory.grow (i32.const 2)))))`;

  test.each([
    ['not at all', ''],
    ['by another name', '(export "mem" (memory 0))'],
    ['as usual', '(export "memory" (memory 0))'],
    ['as something else', '(global (export "memory") i32 (i32.const 9))'],
  ])('can be measured by the host, even if the module exports it %s', (_, exported) => {
    const instance = new HardenedInstance(harden(GROWING(exported)));
    instance.call('grow');
    const memory = instance.get(MEMORY_EXPORT) as WebAssembly.Memory;
    expect(memory.buffer.byteLength).toBe(3 * 65_536);
  });

  test('is not made up where there is none', () => {
    expect(new HardenedInstance(harden(moduleOf())).get(MEMORY_EXPORT)).toBeUndefined();
  });
});

describe('a start function', () => {
  const WITH_START = `(module
    (global $g (export "g") (mut i32) (i32.const 0))
    (func $init (global.set $g (i32.const 42)))
    (start $init))`;

  test('does not run when the module is instantiated', () => {
    const instance = new HardenedInstance(harden(WITH_START));
    expect(instance.get('g')).toMatchObject({ value: 0 });
    expect(instance.call(START_EXPORT).outcome).toEqual({ value: undefined });
    expect(instance.get('g')).toMatchObject({ value: 42 });
  });

  test('runs under the budget', () => {
    const looping = new HardenedInstance(harden('(module (func $f (loop $l (br $l))) (start $f))'));
    expect(looping.call(START_EXPORT, [], 100_000n)).toMatchObject({ exhausted: true });
  });

  test('is not among the exports that are described, since the author did not export it', () => {
    expect(harden(WITH_START).exports).toEqual([{ name: 'g', kind: 'global' }]);
  });

  test('is not made up where there is none', () => {
    expect(new HardenedInstance(harden(moduleOf())).get(START_EXPORT)).toBeUndefined();
  });
});
