/**
 * Whatever the shape of a program, everything that it does has been paid for.
 *
 * Programs are random trees of blocks, loops, arms and branches. Their work consists of calls to
 * the host, which counts them and decides each condition by a generator of its own. Most of them
 * never end by themselves: the budget has to end them.
 */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { HardenedInstance, harden } from './support/hardened.ts';

/** Fuel that a call costs, by the instruction table. Every `tick` and `coin` is such a call. */
const CALL_FUEL = 5n;

type Statement =
  | { readonly kind: 'tick'; readonly times: number }
  | { readonly kind: 'block' | 'loop'; readonly body: readonly Statement[] }
  | {
      readonly kind: 'if';
      readonly body: readonly Statement[];
      readonly other: readonly Statement[];
    }
  | { readonly kind: 'branch'; readonly how: 'br' | 'br_if' | 'br_table'; readonly to: number }
  | { readonly kind: 'return' | 'recurse' };

const { program } = fc.letrec<{ program: Statement[]; statement: Statement }>((tie) => ({
  program: fc.array(tie('statement'), { maxLength: 5 }),
  statement: fc.oneof(
    { depthSize: 'medium', withCrossShrink: true },
    fc.record({ kind: fc.constant('tick' as const), times: fc.integer({ min: 1, max: 60 }) }),
    fc.record({ kind: fc.constantFrom('block' as const, 'loop' as const), body: tie('program') }),
    fc.record({ kind: fc.constant('if' as const), body: tie('program'), other: tie('program') }),
    fc.record({
      kind: fc.constant('branch' as const),
      how: fc.constantFrom('br' as const, 'br_if' as const, 'br_table' as const),
      to: fc.nat(5),
    }),
    fc.record({ kind: fc.constantFrom('return' as const, 'recurse' as const) }),
  ),
}));

function write(statements: readonly Statement[], depth: number): string {
  return statements.map((statement) => writeOne(statement, depth)).join('\n');
}

function writeOne(statement: Statement, depth: number): string {
  switch (statement.kind) {
    case 'tick':
      return '(call $tick)'.repeat(statement.times);
    case 'block':
    case 'loop':
      return `(${statement.kind} ${write(statement.body, depth + 1)})`;
    case 'if':
      return `(if (call $coin) (then ${write(statement.body, depth + 1)})
        (else ${write(statement.other, depth + 1)}))`;
    case 'branch': {
      const to = statement.to % depth;
      if (statement.how === 'br') return `(if (call $coin) (then (br ${to + 1})))`;
      if (statement.how === 'br_if') return `(br_if ${to} (call $coin))`;
      return `(block (br_table 0 ${to + 1} (call $coin)))`;
    }
    case 'return':
      return '(if (call $coin) (then (return)))';
    case 'recurse':
      return '(if (call $coin) (then (call $f)))';
  }
}

function toWat(statements: readonly Statement[]): string {
  return `(module
    (import "m" "tick" (func $tick)) (import "m" "coin" (func $coin (result i32)))
    (func $f (export "f") ${write(statements, 1)}))`;
}

/** Runs a program and answers how often it called its host, and what that cost it. */
function run(wat: string, seed: number, fuel: bigint) {
  let calls = 0n;
  let state = seed;
  const host = {
    m: {
      tick: () => void calls++,
      coin() {
        calls++;
        state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
        return state >>> 31;
      },
    },
  };
  const { fuelUsed, exhausted, outcome } = new HardenedInstance(harden(wat), host).call(
    'f',
    [],
    fuel,
  );
  return { calls, fuelUsed, exhausted, outcome };
}

describe('a random program', () => {
  test('never does what it has not paid for, and ends', () => {
    const fuel = 20_000n;
    fc.assert(
      fc.property(program, fc.nat(), (statements, seed) => {
        const { calls, fuelUsed } = run(toWat(statements), seed, fuel);
        expect(fuelUsed).toBeGreaterThanOrEqual(calls * CALL_FUEL + 1n);
      }),
      { numRuns: 400 },
    );
  });

  test('takes the same fuel when it runs again', () => {
    fc.assert(
      fc.property(program, fc.nat(), (statements, seed) => {
        const wat = toWat(statements);
        expect(run(wat, seed, 5_000n)).toEqual(run(wat, seed, 5_000n));
      }),
      { numRuns: 50 },
    );
  });
});
