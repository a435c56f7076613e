import { afterEach, expect, test, vi } from 'vitest';
import { parseReceipt } from '../../src/core/executor-protocol/executor-receipt.ts';
import { makeCall, openScene } from './support/desk.ts';

afterEach(() => void vi.useRealTimers());

test('a call during which the clock was set back has a receipt that can be read', async () => {
  const scene = await openScene({
    run: async () => {
      vi.useFakeTimers({ toFake: ['Date'], now: Date.now() - 20_000 });
      return { outcome: 'ok', output: 'ran', truncated: false };
    },
  });
  expect(await scene.offer(await makeCall(scene.gateway))).toBe('ok');
  expect(parseReceipt(scene.answers[0]?.receipt ?? '')?.durationMs).toBeGreaterThanOrEqual(0);
  scene.dispose();
});
