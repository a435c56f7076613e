/**
 * Thousands of broken modules, the same ones in every run.
 *
 * Hardening must answer each of them, and what it lets through must be valid, must keep its hands
 * off the fuel counter, and must end.
 */

import { describe, expect, test } from 'vitest';
import { type HardenedModule, hardenModule } from '../../src/wasm-hardening/harden.ts';
import { FUEL_EXPORT, RESERVED_PREFIX } from '../../src/wasm-hardening/reserved-exports.ts';
import { callExport, instantiate, OPEN_POLICY } from './support/hardened.ts';
import { PROGRAMS } from './support/programs.ts';
import { assemble, disassemble } from './support/wat.ts';

/** Mulberry32: small, seeded, good enough to break things evenly. */
function createRandom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

type Random = ReturnType<typeof createRandom>;
type Mutation = (bytes: number[], random: Random) => void;

/** Indices near the ends of their spaces, opcodes that refer to something, edges of LEB128. */
const TELLING_BYTES = [
  0, 1, 2, 3, 4, 5, 0x0b, 0x10, 0x23, 0x24, 0x3f, 0x40, 0x7f, 0x80, 0xfc, 0xff,
];

const MUTATIONS: readonly Mutation[] = [
  (bytes, random) => {
    const at = random(bytes.length);
    bytes[at] = (bytes[at] ?? 0) ^ (1 << random(8));
  },
  (bytes, random) => {
    bytes[random(bytes.length)] = TELLING_BYTES[random(TELLING_BYTES.length)] ?? 0;
  },
  (bytes, random) => {
    const at = random(bytes.length);
    bytes[at] = ((bytes[at] ?? 0) + (random(2) === 0 ? 1 : 0xff)) & 0xff;
  },
  (bytes, random) => void bytes.splice(random(bytes.length), 0, random(256)),
  (bytes, random) => void bytes.splice(random(bytes.length), 1 + random(3)),
  (bytes, random) => {
    const from = random(bytes.length);
    const piece = bytes.slice(from, from + 1 + random(8));
    bytes.splice(random(bytes.length), piece.length, ...piece);
  },
];

function mutate(original: Uint8Array, random: Random): Uint8Array<ArrayBuffer> {
  const bytes = [...original];
  const times = 1 + random(3);
  for (let time = 0; time < times; time++) {
    MUTATIONS[random(MUTATIONS.length)]?.(bytes, random);
    if (bytes.length < 9) break;
  }
  return Uint8Array.from(bytes);
}

/** What in the text of a hardened module touches the fuel, and is not ours. */
function foreignUsesOfFuel(hardened: HardenedModule): readonly string[] {
  const text = disassemble(hardened.bytes);
  const count = (what: string) => text.match(new RegExp(what, 'g'))?.length ?? 0;
  const fuel = text.match(/\(export "__sallyport_fuel" \(global (\d+)\)\)/)?.[1];
  const functions = count('\\(func \\(;\\d+;\\)');
  const helper = `(?:${[3, 2, 1].map((fromEnd) => functions - fromEnd).join('|')})\\b`;

  const byLength = count('\\b(?:memory|table)\\.(?:fill|copy|init|grow)\\b');
  const writes = hardened.chargeCount - byLength + 3; // one in each helper
  const uses: readonly (readonly [what: string, expected: number])[] = [
    [`global\\.set ${fuel}\\b`, writes],
    [`i64\\.sub\\s+global\\.set ${fuel}\\b`, writes],
    [`global\\.get ${fuel}\\b`, 2 * writes],
    [`\\(export "[^"]*" \\(global ${fuel}\\)\\)`, 1],
    [`\\bcall ${helper}`, byLength],
    [`(?:return_call|ref\\.func) ${helper}`, 0],
    [`\\(export "[^"]*" \\(func ${helper}`, 0],
    [`\\(elem [^\\n]* func (?:\\d+ )*${helper}`, 0],
  ];
  return uses
    .filter(([what, expected]) => count(what) !== expected)
    .map(([what, expected]) => `${what}: ${count(what)}, not ${expected}`);
}

const BUDGET = 20_000n;

/** The most that one charge can take: a region, or the largest memory by length. */
const LARGEST_CHARGE = BigInt((OPEN_POLICY.maxMemoryPages * 65_536) / 8 + 10_000);

/** Calls every export with zeros and answers how far the fuel fell. */
function runAll(hardened: HardenedModule): bigint {
  const host: Record<string, Record<string, () => unknown>> = {};
  for (const { module, name } of hardened.imports)
    host[module] = { ...host[module], [name]: () => 0 };
  const exports = instantiate(hardened.bytes, host);
  const fuel = exports[FUEL_EXPORT] as WebAssembly.Global<'i64'>;
  let lowest = BUDGET;
  for (const [name, value] of Object.entries(exports)) {
    if (typeof value !== 'function') continue;
    fuel.value = BUDGET;
    for (const values of [
      [0, 0, 0],
      [1n, 0n, 0n],
    ])
      try {
        callExport(exports, name, values);
      } catch {
        // a value of the wrong type for a parameter, which the engine refuses before the call
      }
    expect(fuel.value).toBeLessThanOrEqual(BUDGET);
    if (fuel.value < lowest) lowest = fuel.value;
  }
  return lowest;
}

function tryToRun(hardened: HardenedModule): void {
  try {
    expect(runAll(hardened)).toBeGreaterThan(-2n * LARGEST_CHARGE);
  } catch (thrown) {
    // Segments out of bounds, or imports of the same name and other types.
    if (thrown instanceof WebAssembly.LinkError || thrown instanceof WebAssembly.RuntimeError)
      return;
    throw thrown;
  }
}

const ROUNDS_PER_PROGRAM = 1_000;

describe('a broken module', () => {
  test.each(Object.entries(PROGRAMS))('is answered, whatever it was: %s', (title, { wat }) => {
    const original = assemble(wat);
    const random = createRandom(title.length * 7919 + original.length);
    let accepted = 0;
    for (let round = 0; round < ROUNDS_PER_PROGRAM; round++) {
      const bytes = mutate(original, random);
      const hardened = hardenModule(bytes, OPEN_POLICY);
      if (!hardened.ok) {
        expect(hardened.error.code).toBe('wasm_rejected');
        continue;
      }
      if (!WebAssembly.validate(bytes)) continue;
      accepted += 1;
      expect(WebAssembly.validate(hardened.value.bytes)).toBe(true);
      expect(foreignUsesOfFuel(hardened.value)).toEqual([]);
      expect(hardened.value.exports.some(({ name }) => name.startsWith(RESERVED_PREFIX))).toBe(
        false,
      );
      tryToRun(hardened.value);
    }
    expect(accepted).toBeGreaterThan(ROUNDS_PER_PROGRAM / 50);
  });
});
