/** Event streams that are opened and never read to their end. */

import type { ServerResponse } from 'node:http';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type Api, callApi, type EventReader } from '../support/api.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';
import {
  beginReply,
  finishReply,
  type StandIn,
  startProvider,
  writeDelta,
} from '../support/provider.ts';

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

test('a stream that is open hears no more of its turn once its reader’s token is revoked', async () => {
  const { promise, resolve } = Promise.withResolvers<ServerResponse>();
  const { answer } = provider;
  provider.answer = (_, response) => {
    beginReply(response, [{ role: 'assistant', content: 'Wait' }]);
    resolve(response);
  };
  const session = await api.session();
  const own = await api.streamTurn(session, 'Hi', 'compatible/slow');
  const { data } = await own.until(({ kind }) => kind === 'turn-started');
  const order = { subject: { kind: 'user', id: 'reader' }, grants: ['session:read'] };
  const { body } = await api.post('/v1/tokens', order);
  const stream = await callApi(gateway, body.token).follow(session, data.turnId, 0);
  await stream.until(({ kind }) => kind === 'turn-started');
  expect((await api.delete(`/v1/tokens/${body.id}`)).status).toBe(204);
  const response = await promise;
  writeDelta(response, { content: ' for what nobody else may hear.' });
  finishReply(response);
  await Promise.all([own.ended, stream.ended]);
  provider.answer = answer;
  expect(JSON.stringify(own.events)).toContain('nobody else');
  expect(stream.events.map(({ kind }) => kind)).toEqual(['turn-started']);
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
