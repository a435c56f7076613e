/**
 * Calls functions that take or answer vectors, which JavaScript cannot hold.
 *
 * A module is made for the call that holds its arguments as constants, and splits vectors among
 * the results into two halves.
 */

import { list, moduleOf, name, section, sized, u32 } from '../support/module-bytes.ts';
import type { Constant, Vector } from './constants.ts';
import type { Signature } from './worlds.ts';

type Callee = (...values: unknown[]) => unknown;

const TYPE_CODES: Readonly<Record<string, number>> = {
  ...{ i32: 0x7f, i64: 0x7e, f32: 0x7d, f64: 0x7c, v128: 0x7b, funcref: 0x70, externref: 0x6f },
};

/** Answers a call without arguments, whose results JavaScript can hold. */
export function toPlainCall(
  callee: Callee,
  values: readonly Constant[],
  signature: Signature | undefined,
): () => readonly unknown[] {
  const types = signature && [...signature.parameters, ...signature.results];
  if (signature !== undefined && types?.includes('v128'))
    return () => asList(makeWrapper(callee, values, signature)());
  return () => asList(callee(...values.map(({ value }) => value)));
}

function asList(result: unknown): readonly unknown[] {
  if (result === undefined) return [];
  return Array.isArray(result) ? result : [result];
}

function makeWrapper(callee: Callee, values: readonly Constant[], signature: Signature): Callee {
  const { parameters, results } = signature;
  const splitResults = results.flatMap((type) => (type === 'v128' ? ['i64', 'i64'] : [type]));
  const bytes = moduleOf(
    section(1, list(functionType(parameters, results), functionType([], splitResults))),
    section(2, list([...name(''), ...name('f'), 0, 0])),
    section(3, list([1])),
    section(7, list([...name('run'), 0, 1])),
    section(
      10,
      list(
        sized([...locals(results), ...values.flatMap(constant), 0x10, 0, ...split(results), 0x0b]),
      ),
    ),
  );
  const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), { '': { f: callee } });
  return instance.exports.run as Callee;
}

const codes = (types: readonly string[]) => types.map((type) => [TYPE_CODES[type] ?? 0]);

function functionType(parameters: readonly string[], results: readonly string[]): number[] {
  return [0x60, ...list(...codes(parameters)), ...list(...codes(results))];
}

/** One local a result, to put them in order. */
function locals(results: readonly string[]): readonly number[] {
  return list(...codes(results).map((code) => [1, ...code]));
}

function split(results: readonly string[]): readonly number[] {
  const store = results.map((_, index) => [0x21, ...u32(index)]).reverse();
  const load = results.map((type, index) => {
    const get = [0x20, ...u32(index)];
    // i64x2.extract_lane
    return type === 'v128' ? [...get, 0xfd, 29, 0, ...get, 0xfd, 29, 1] : get;
  });
  return [...store, ...load].flat();
}

function constant({ type, value }: Constant): readonly number[] {
  switch (type) {
    case 'i32':
      return [0x41, ...signed(BigInt(value))];
    case 'i64':
      return [0x42, ...signed(value)];
    case 'f32':
      return [0x43, ...bytesOf(4, (view) => view.setFloat32(0, value, true))];
    case 'f64':
      return [0x44, ...bytesOf(8, (view) => view.setFloat64(0, value, true))];
    case 'v128':
      return [0xfd, 12, ...vectorBytes(value)];
    case 'reference':
      return [0xd0, 0x6f]; // no script hands over vectors and references together
  }
}

function vectorBytes({ low, high }: Vector): readonly number[] {
  return bytesOf(16, (view) => {
    view.setBigInt64(0, low, true);
    view.setBigInt64(8, high, true);
  });
}

function bytesOf(size: number, write: (view: DataView) => void): readonly number[] {
  const buffer = new ArrayBuffer(size);
  write(new DataView(buffer));
  return [...new Uint8Array(buffer)];
}

function signed(value: bigint): readonly number[] {
  const low = Number(value & 0x7fn);
  const rest = value >> 7n;
  const isLast = (rest === 0n && low < 0x40) || (rest === -1n && low >= 0x40);
  return isLast ? [low] : [low | 0x80, ...signed(rest)];
}
