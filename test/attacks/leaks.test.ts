/** No argument, secret or token appears in a log line, an error or an audit record. */

import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Api, callApi, SCRIPT_MODEL, script } from '../support/api.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';

const CANARY = 'canary7f3a91xq';

let gateway: Gateway;
let api: Api;

beforeAll(async () => {
  gateway = await startGateway();
  api = callApi(gateway);
});
afterAll(() => gateway?.dispose());

/** Calls of every fate, each with the canary in its arguments. */
const CALLS = [
  { name: 'text-stats', arguments: { text: `fine ${CANARY}` } },
  { name: 'text-stats', arguments: { text: 5, [CANARY]: CANARY } },
  { name: 'text-stats', arguments: `{"text":"${CANARY}` },
  { name: `tool-${CANARY}`, arguments: { text: CANARY } },
  { name: 'http-fetch', arguments: { url: `http://127.0.0.1/${CANARY}` } },
  { name: 'http-fetch', arguments: { url: `http://${CANARY}:pw@example.com/` } },
  { name: 'http-fetch', arguments: { url: `https://${CANARY}.invalid/` } },
  { name: 'json-query', arguments: { json: `{"${CANARY}"`, query: CANARY } },
];

test('the canary is in no audit record and in no log line', async () => {
  const calls = script({ text: CANARY, toolCalls: CALLS }, { text: `Bye ${CANARY}.` });
  const { body } = await api.turn(await api.session(), calls, SCRIPT_MODEL);
  expect(body.toolCalls).toHaveLength(CALLS.length);
  for (const call of CALLS) {
    if (typeof call.arguments === 'string') continue;
    await api.post(`/v1/tools/${encodeURIComponent(call.name)}/call`, {
      arguments: call.arguments,
    });
  }
  await expect
    .poll(
      async () => (await api.get('/v1/audit?limit=500&action=turn-finished')).body.records.length,
    )
    .toBeGreaterThan(0);
  const record = JSON.stringify((await api.get('/v1/audit?limit=500')).body);
  expect(record).toContain('text-stats');
  expect(record).not.toContain(CANARY);
  expect(gateway.log()).not.toContain(CANARY);
});

test('errors do not repeat what was sent', async () => {
  const answers = await Promise.all([
    api.post('/v1/sessions', { [CANARY.repeat(10)]: 1, title: [CANARY] }),
    api.post('/v1/tools/text-stats/call', { arguments: { text: [CANARY] } }),
    api.post('/v1/chat/completions', {
      model: CANARY,
      messages: [{ role: 'user', content: CANARY }],
    }),
    api.get(`/v1/sessions/${CANARY}`),
    api.get(`/v1/audit?after=${CANARY}`),
    api.post('/v1/sessions', {}, { 'Idempotency-Key': CANARY.repeat(10) }),
  ]);
  for (const { status, body } of answers) {
    expect(status).toBeGreaterThanOrEqual(400);
    const { errors: _, ...rest } = body;
    expect(JSON.stringify(rest)).not.toContain(CANARY);
  }
});

test('a text in the place of a model is refused before it comes onto the record', async () => {
  const session = await api.session();
  const answers = await Promise.all(
    [CANARY, `my ${CANARY}`, `alias/my ${CANARY}`, `openai/${CANARY}`].flatMap((model) => [
      api.post('/v1/sessions', { model }),
      api.turn(session, 'hello', model),
      api.post('/v1/embeddings', { model, input: 'hello' }),
      api.post('/v1/messages/count_tokens', {
        model,
        messages: [{ role: 'user', content: 'hello' }],
      }),
    ]),
  );
  for (const { status } of answers) expect([400, 404, 422]).toContain(status);
  // What happened before is on the record once what happened after it is.
  const marker = await api.session();
  const read = async () => JSON.stringify((await api.get('/v1/audit?limit=500')).body);
  await expect.poll(read).toContain(marker);
  expect(await read()).not.toContain(CANARY);
});

test('tokens are in no log, record, list or error', async () => {
  const subject = { kind: 'service', id: 'leaky' };
  const issued = await api.post('/v1/tokens', { subject, grants: ['system:audit:read'] });
  const { token } = issued.body;
  const holder = callApi(gateway, token);
  await holder.get('/v1/audit');
  await holder.get('/v1/workspaces/default');
  const seen = JSON.stringify([
    (await api.get('/v1/tokens')).body,
    (await api.get('/v1/audit?limit=500')).body,
    (await holder.get('/v1/workspaces/default')).body,
  ]);
  for (const secret of [token, gateway.token, gateway.masterKey]) {
    expect(seen).not.toContain(secret);
    expect(gateway.log()).not.toContain(secret);
  }
});
