import { describe, expect, test } from 'vitest';
import { ChargePlan, REGION_FUEL } from '../../src/wasm-hardening/charge-plan.ts';

/** Offsets and fuel of the charges that will be written. */
function charges(plan: ChargePlan): readonly (readonly [offset: number, fuel: number])[] {
  return plan.code.flatMap((code) =>
    code.kind === 'region' && code.fuel > 0 ? [[code.offset, code.fuel] as const] : [],
  );
}

/** Where the fuel is copied. */
function copies(plan: ChargePlan): readonly number[] {
  return plan.code.filter(({ kind }) => kind === 'copy').map(({ offset }) => offset);
}

describe('ChargePlan', () => {
  test('charges a small body once, at its entry, branches included', () => {
    const plan = new ChargePlan(10, 1);
    plan.spend(3);
    plan.cutAtJoin(15);
    plan.spend(4);
    plan.cutAtJoin(20);
    plan.spend(5);
    expect(charges(plan)).toEqual([[10, 13]]);
  });

  test('charges every turn of a loop, and what stands behind it with what stood before', () => {
    const plan = new ChargePlan(10, 1);
    plan.spend(2);
    plan.enterLoop(18, 20);
    plan.spend(7);
    plan.leaveLoop();
    plan.cutAtJoin(30);
    plan.spend(5);
    expect(charges(plan)).toEqual([
      [10, 8],
      [20, 8],
    ]);
  });

  test('never lets a region go on into code that runs without it', () => {
    const plan = new ChargePlan(0, 1);
    plan.spend(REGION_FUEL); // the entry's region is full
    plan.cutIfFull(10);
    plan.spend(1); // the condition
    plan.cutAtJoin(12); // behind `if`
    plan.spend(2);
    plan.cutAtJoin(15); // behind `else`
    plan.spend(3);
    plan.cutAtJoin(20); // behind `end`
    plan.spend(4);
    expect(charges(plan)).toEqual([
      [0, REGION_FUEL + 1],
      [10, 1],
      [12, 2],
      [15, 3],
      [20, 4],
    ]);
  });

  test('begins a new region behind a loop that stood in an arm', () => {
    const plan = new ChargePlan(0, REGION_FUEL);
    plan.cutAtJoin(5); // into an arm, with a region of its own
    plan.spend(2);
    plan.enterLoop(6, 8);
    plan.leaveLoop();
    plan.cutAtJoin(11);
    plan.spend(3);
    expect(charges(plan)).toEqual([
      [0, REGION_FUEL],
      [5, 2],
      [8, 1],
      [11, 3],
    ]);
  });

  test('cuts a region that reaches the bound, and not one unit before', () => {
    const plan = new ChargePlan(0, 0);
    plan.spend(REGION_FUEL - 1);
    expect(plan.cutIfFull(100)).toBe(false);
    plan.spend(1);
    expect(plan.cutIfFull(200)).toBe(true);
    expect(plan.cutIfFull(200)).toBe(false);
  });

  test('plans a charge by length at the instruction itself', () => {
    const plan = new ChargePlan(0, 1);
    plan.spendByLength(7, 'bytes');
    expect(plan.code.at(-1)).toEqual({ kind: 'length', offset: 7, chargedPer: 'bytes' });
  });

  test('copies the fuel before the outermost loop only', () => {
    const plan = new ChargePlan(0, 1);
    plan.enterLoop(4, 6);
    plan.enterLoop(8, 10);
    plan.leaveLoop();
    plan.leaveLoop();
    plan.enterLoop(14, 16);
    expect(copies(plan)).toEqual([4, 14]);
  });

  test('copies the fuel again behind what may take some, but not outside loops', () => {
    const plan = new ChargePlan(0, 1);
    plan.copyAgain(2);
    plan.spendByLength(3, 'bytes');
    plan.enterLoop(4, 6);
    plan.copyAgain(8);
    plan.spendByLength(9, 'bytes');
    plan.leaveLoop();
    plan.copyAgain(12);
    expect(copies(plan)).toEqual([4, 8, 9]);
    expect(plan.code.map(({ kind }) => kind)).toEqual([
      ...['region', 'length', 'copy', 'region', 'copy', 'length', 'copy'],
    ]);
  });

  test('computes from the copy inside loops only', () => {
    const plan = new ChargePlan(0, REGION_FUEL);
    plan.enterLoop(4, 6);
    plan.leaveLoop();
    plan.cutIfFull(9);
    const inLoop = plan.code.flatMap((code) => (code.kind === 'region' ? [code.isInLoop] : []));
    expect(inLoop).toEqual([false, true, false]);
  });
});
