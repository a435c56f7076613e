import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { sendRequest } from '../../../src/blocks/channel/send-request.ts';
import { within } from '../../../src/blocks/kit/within.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

describe('within()', () => {
  test('gives up after its time, and not before', async () => {
    const asked: AbortSignal[] = [];
    const late = within(100, async (signal) => {
      asked.push(signal);
      await new Promise((_, reject) => signal.addEventListener('abort', reject));
    });
    const rejected = expect(late).rejects.toMatchObject({ type: 'abort' });
    await vi.advanceTimersByTimeAsync(99);
    expect(asked[0]?.aborted).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(asked[0]?.aborted).toBe(true);
    await rejected;
  });

  test.each([
    ['an answer', async () => 'ok'],
    ['a failure', () => Promise.reject(new Error('lost'))],
    [
      'a failure to ask at all',
      (): Promise<string> => {
        throw new Error('lost');
      },
    ],
  ])('leaves no timer behind after %s', async (_, ask) => {
    await within(100, ask).catch(() => undefined);
    expect(vi.getTimerCount()).toBe(0);
  });
});

test('a reply that was sent to a platform leaves its channel at rest', async () => {
  const timers: number[] = [];
  const fetch = async () => {
    timers.push(vi.getTimerCount());
    return new Response('{}');
  };
  const request = {
    url: 'https://api.example.com/',
    method: 'POST',
    headers: {},
    body: '',
  } as const;
  expect(await sendRequest({ fetch }, request)).toMatchObject({ status: 200 });
  expect([...timers, vi.getTimerCount()]).toEqual([1, 0]);
});
