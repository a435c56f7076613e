/** Event streams that are opened and never read to their end. */

import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type Api, callApi, type EventReader } from '../support/api.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';
import { beginReply, type StandIn, startProvider } from '../support/provider.ts';

/** Streams that one principal may have open at once. */
const ALLOWED = 64;

let gateway: Gateway;
let api: Api;
let provider: StandIn;

beforeAll(async () => {
  provider = await startProvider();
  provider.answer = (_, response) => beginReply(response, [{ role: 'assistant', content: 'Wait' }]);
  gateway = await startGateway({
    examples: false,
    secrets: { OPENAI_COMPATIBLE_BASE_URL: provider.baseUrl },
  });
  api = callApi(gateway);
});
afterAll(async () => {
  await gateway?.dispose();
  provider?.dispose();
});

test('a principal has so many streams open at once, and others are not kept out', async () => {
  const session = await api.session();
  const first = await api.streamTurn(session, 'Hi', 'compatible/slow');
  const { data } = await first.until(({ kind }) => kind === 'turn-started');
  const follow = (by: Api = api): Promise<EventReader> => by.follow(session, data.turnId, 0);
  const others = await Promise.all(Array.from({ length: ALLOWED - 1 }, () => follow()));
  await expect(follow()).rejects.toThrow('limit_reached');
  await expect(api.streamTurn(await api.session(), 'Hi')).rejects.toThrow('429');

  const subject = { kind: 'service', id: 'other' };
  const issued = await api.post('/v1/tokens', { subject, grants: ['session:*'] });
  const other = await callApi(gateway, issued.body.token);
  expect((await other.turn(await other.session(), 'Hi')).status).toBe(200);
  await (await other.streamTurn(await other.session(), 'Hi')).ended;

  others[0]?.close();
  const again = await vi.waitFor(() => follow(), { timeout: 15_000, interval: 500 });
  await expect(follow()).rejects.toThrow('limit_reached');

  // A stream that has come to its end counts no more, either.
  await api.post(`/v1/sessions/${session}/turns/${data.turnId}/cancel`);
  await Promise.all([first, again, ...others.slice(1)].map(({ ended }) => ended));
  for (let stream = 0; stream < ALLOWED + 1; stream++) await (await follow()).ended;
});

test('who asks by HEAD has no stream open', async () => {
  const session = await api.session();
  const first = await api.streamTurn(session, 'Hi', 'compatible/slow');
  const { data } = await first.until(({ kind }) => kind === 'turn-started');
  const path = `${gateway.url}/v1/sessions/${session}/turns/${data.turnId}/events`;
  const headers = { Authorization: `Bearer ${gateway.token}` };
  for (let asked = 0; asked < ALLOWED + 1; asked++) {
    expect((await fetch(path, { method: 'HEAD', headers })).status).toBe(200);
  }
  await api.post(`/v1/sessions/${session}/turns/${data.turnId}/cancel`);
  await first.ended;
});
