import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { BURST_UPDATES, MAX_REST_MS, TurnPace } from '../../../src/blocks/channel/turn-pace.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A backlog without end: whatever may begin begins, and turns last until the test ends them. */
function createPace() {
  let running = 0;
  let begun = 0;
  const pace = new TurnPace({
    running: () => running,
    onTick: () => {
      for (; running < pace.turns; running++) begun++;
      pace.wake();
    },
  });
  const end = (turns: number) => {
    for (let turn = 0; turn < turns; turn++) {
      running--;
      pace.end();
    }
  };
  return { pace, end, begun: () => begun, running: () => running };
}

const pass = (ms: number) => vi.advanceTimersByTime(ms);

/** Updates pour in for so long. */
function pour(pace: TurnPace, forMs: number, perStep: number = BURST_UPDATES): void {
  for (let passed = 0; passed < forMs; passed += 10) {
    pace.hear(perStep);
    pass(10);
  }
}

describe('turns begin', () => {
  test('a few at once when the first update comes, and more while there is time', () => {
    const { pace, begun } = createPace();
    pace.hear(1);
    expect(begun()).toBe(0);
    pass(5);
    expect(begun()).toBe(8);
    pass(100);
    expect(begun()).toBe(64);
  });

  test('one after each rest while more comes in than ends, and never none', () => {
    const { pace, begun, end } = createPace();
    pour(pace, 20);
    const before = begun();
    for (let round = 1; round <= 10; round++) {
      end(1);
      pour(pace, MAX_REST_MS);
      expect(begun()).toBeGreaterThan(before + round - 1);
    }
    expect(begun()).toBeLessThanOrEqual(before + (10 * MAX_REST_MS) / 250);
  });

  test('in a burst also beside those that wait for a model', () => {
    const { pace, begun, running } = createPace();
    pour(pace, 20);
    const before = begun();
    pour(pace, 4 * MAX_REST_MS);
    expect(begun()).toBeGreaterThanOrEqual(before + 4);
    expect(running()).toBe(begun());
  });

  test('as fast as before soon after a burst', () => {
    const { pace, begun } = createPace();
    pour(pace, 1_000);
    pass(MAX_REST_MS);
    expect(begun()).toBe(64);
  });

  test('without rests as long as as many end as come in', () => {
    const { pace, begun, end } = createPace();
    pace.hear(1);
    pass(200);
    const before = begun();
    for (let step = 0; step < 100; step++) {
      pace.hear(BURST_UPDATES);
      end(BURST_UPDATES);
      pass(10);
    }
    expect(begun() - before).toBeGreaterThan(90 * BURST_UPDATES);
  });
});
