import { createExecutionContext, env } from 'cloudflare:test';
import { expect, test, vi } from 'vitest';
import { randomHex } from '../../src/blocks/kit/keys.ts';
import { createApp } from '../../src/gateway/app.ts';
import { webhookRoutes } from '../../src/gateway/routes/webhooks.ts';

/** What a platform hears when the channels of the workspace do this. */
const deliver = (receive: () => Promise<unknown>, headers: Readonly<Record<string, string>> = {}) =>
  createApp(webhookRoutes).request(
    '/v1/webhooks/default/support',
    { method: 'POST', body: '{}', headers },
    { ...env, SALLYPORT_BEHIND_CLOUDFLARE: 'true', CHANNELS: { getByName: () => ({ receive }) } },
    createExecutionContext(),
  );

test('what could not be stored is 503, so that the platform delivers it again', async () => {
  vi.spyOn(console, 'error').mockImplementation(() => undefined);
  const response = await deliver(() => Promise.reject(new Error('disk is full')));
  expect(response.status).toBe(503);
  expect(await response.json()).toMatchObject({ code: 'channel_unavailable' });
});

test('a channel that is full is 429, and says when to come back', async () => {
  const response = await deliver(async () => ({ kind: 'full', retryAfterMs: 5_000 }));
  expect([response.status, response.headers.get('Retry-After')]).toEqual([429, '5']);
});

test('a platform that signs is answered from one address as often as it comes, whoever guesses there', async () => {
  // A network that nobody else is in.
  const address = `2001:db8:${randomHex(2)}:${randomHex(2)}::1`;
  const ask = async (kind: 'accepted' | 'refused', times: number) => {
    const headers = { 'CF-Connecting-IP': address };
    const statuses = new Set<number>();
    for (let asked = 0; asked < times; asked++) {
      statuses.add((await deliver(async () => ({ kind }), headers)).status);
    }
    return [...statuses];
  };
  expect(await ask('accepted', 200)).toEqual([200]);
  expect(await ask('refused', 200)).toEqual([401, 429]);
  expect(await ask('accepted', 1)).toEqual([200]);
});
