import { createExecutionContext, env } from 'cloudflare:test';
import { expect, test, vi } from 'vitest';
import { createApp } from '../../src/gateway/app.ts';
import { webhookRoutes } from '../../src/gateway/routes/webhooks.ts';

/** What a platform hears when the channels of the workspace do this. */
const deliver = (receive: () => Promise<unknown>) =>
  createApp(webhookRoutes).request(
    '/v1/webhooks/default/support',
    { method: 'POST', body: '{}' },
    { ...env, CHANNELS: { getByName: () => ({ receive }) } },
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
