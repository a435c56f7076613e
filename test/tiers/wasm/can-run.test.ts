import { expect, test } from 'vitest';
import { MODULES } from '../../../build/bundled-modules.js';
import { canRun } from '../../../src/tiers/wasm/can-run.ts';

test('canRun() is true for anything with a loader, and for the bundle without', () => {
  const [bundled = ''] = MODULES.keys();
  expect(canRun({ LOADER: {} as WorkerLoader }, 'any')).toBe(true);
  expect(canRun({}, bundled)).toBe(true);
  expect(canRun({}, 'any')).toBe(false);
});
