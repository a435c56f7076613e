import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { MAX_WASM_WAIT_MS } from '../../../src/core/manifest/wasm-limits.ts';
import type { WasmClaims } from '../../../src/tiers/wasm/admit-ticket.ts';
import { LaneCall } from '../../../src/tiers/wasm/lane-call.ts';
import { claimsOf } from '../support/claims.ts';
import { LIMITS } from '../support/limits.ts';

const TIMEOUT_MS = 300;

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

/** Whose deadline is so far away. */
function callFor(leftMs: number): LaneCall {
  const wasm = { entry: 'run', limits: { ...LIMITS, timeoutMs: TIMEOUT_MS } };
  const claims = claimsOf({ wasm, deadlineAt: Date.now() + leftMs });
  return new LaneCall(claims as WasmClaims, undefined);
}

test.each([
  [MAX_WASM_WAIT_MS + TIMEOUT_MS, MAX_WASM_WAIT_MS],
  [MAX_WASM_WAIT_MS - 1, MAX_WASM_WAIT_MS - 1],
])('with %d ms to its deadline a call waits %d ms for its turn', (leftMs, waitsMs) => {
  const call = callFor(leftMs);
  call.watchTheQueue();
  vi.advanceTimersByTime(waitsMs - 1);
  expect(call.endReason).toBeUndefined();
  vi.advanceTimersByTime(1);
  expect(call.endReason).toBe('deadline');
});

test.each([
  [MAX_WASM_WAIT_MS + TIMEOUT_MS, TIMEOUT_MS],
  [MAX_WASM_WAIT_MS + 100, 101],
])('with %d ms to its deadline, what waited to the last moment has %d ms', (leftMs, hasMs) => {
  const call = callFor(leftMs);
  call.watchTheQueue();
  vi.advanceTimersByTime(MAX_WASM_WAIT_MS - 1);
  call.begin();
  call.watchTheClock();
  vi.advanceTimersByTime(hasMs - 1);
  expect(call.endReason).toBeUndefined();
  vi.advanceTimersByTime(1);
  expect(call.endReason).toBe('timeout');
});
