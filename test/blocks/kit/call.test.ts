import { describe, expect, it, vi } from 'vitest';
import { callAgainAfterReset } from '../../../src/blocks/kit/call.ts';

const failure = (facts: object): Error => Object.assign(new Error('lost'), facts);

/** Calls with stubs 1, 2, 3 …, of which the first fails with `facts`. */
async function callOver(facts: object): Promise<{ answer: Promise<number>; stubs: number }> {
  let stubs = 0;
  const answer = callAgainAfterReset(
    () => ++stubs,
    async (stub) => {
      if (stub === 1) throw failure(facts);
      return stub;
    },
  );
  await answer.catch(() => {});
  return { answer, stubs };
}

describe('callAgainAfterReset()', () => {
  it.each([[{ durableObjectReset: true }], [{ retryable: true }]])(
    'calls once more, through a new stub, after %o',
    async (facts) => {
      const { answer } = await callOver(facts);
      expect(await answer).toBe(2);
    },
  );

  it.each([[{}], [{ code: 'internal' }], [{ retryable: true, overloaded: true }]])(
    'passes %o on without another call',
    async (facts) => {
      const { answer, stubs } = await callOver(facts);
      await expect(answer).rejects.toThrow('lost');
      expect(stubs).toBe(1);
    },
  );

  it('gives up after the second failure', async () => {
    const call = vi.fn(async () => Promise.reject(failure({ durableObjectReset: true })));
    await expect(callAgainAfterReset(() => 0, call)).rejects.toThrow('lost');
    expect(call).toHaveBeenCalledTimes(2);
  });
});
