/**
 * The gateway is killed (`SIGKILL`) at each journaled point of a turn and started again on the
 * same disk. The turn completes, no finished call runs twice, no event that a client saw is lost
 * but what `round-restarted` voids, and the chain verifies.
 */

import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Api, callApi, SCRIPT_MODEL, type ServerEvent, script } from '../support/api.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';

let gateway: Gateway;
let api: Api;
let counter: Server;
let posts: number;
let answerAfterMs = 0;
let counterPort: number;

beforeAll(async () => {
  counter = createServer((request, response) => {
    request.resume();
    posts += 1;
    setTimeout(() => response.end('counted'), answerAfterMs);
  });
  await new Promise<void>((resolve) => counter.listen(0, '127.0.0.1', resolve));
  counterPort = (counter.address() as AddressInfo).port;
  gateway = await startGateway({ env: { SALLYPORT_LEASE_MS: '1000' } });
  api = callApi(gateway);
  const { body } = await api.get('/v1/workspaces/default');
  const { status } = await api.put('/v1/workspaces/default', {
    policy: { ...body.policy, privateHosts: [`127.0.0.1:${counterPort}`] },
  });
  expect(status).toBe(200);
});
afterAll(async () => {
  await gateway?.dispose();
  counter?.closeAllConnections();
  counter?.close();
});

/** Long enough that a kill lands within: written slowly, and with work for the tool. */
const SAID = (n: number) => `Step ${n}: I will count the words of this long text for you now. `;
const LONG_TEXT = 'lorem ipsum dolor '.repeat(1_500);

const step = (n: number) => ({
  text: SAID(n),
  chunkDelayMs: 40,
  toolCalls: [{ name: 'text-stats', arguments: { text: `${n} ${LONG_TEXT}` } }],
});
const TWO_ROUNDS = script(step(1), step(2), { text: 'All done.', delayMs: 200 });

/** What the client may rely on after reconnecting: events minus those that a restart voided. */
function withoutVoided(events: readonly ServerEvent[]): ServerEvent[] {
  const kept: ServerEvent[] = [];
  for (const event of events) {
    if (event.kind !== 'round-restarted') {
      kept.push(event);
      continue;
    }
    const { round } = event.data;
    for (let index = kept.length - 1; index >= 0; index--) {
      const other = kept[index];
      if (other?.kind === 'text-delta' && other.data.round === round) kept.splice(index, 1);
    }
  }
  return kept;
}

const KILL_POINTS: readonly [string, (event: ServerEvent) => boolean][] = [
  ['the turn started', ({ kind }) => kind === 'turn-started'],
  ['the first text', ({ kind }) => kind === 'text-delta'],
  ['the first call was proposed', ({ kind }) => kind === 'tool-call-proposed'],
  ['the first call was approved', ({ kind }) => kind === 'tool-call-approved'],
  ['the first result', ({ kind }) => kind === 'tool-result'],
  ['the first round', ({ kind }) => kind === 'round-finished'],
  ['the second approval', ({ kind, data }) => kind === 'tool-call-approved' && data.round === 1],
  ['the second result', ({ kind, data }) => kind === 'tool-result' && data.round === 1],
  ['the second round', ({ kind, data }) => kind === 'round-finished' && data.round === 1],
];

describe('a gateway killed after', () => {
  test.each(KILL_POINTS)('%s completes the turn after its restart', async (_, at) => {
    const session = await api.session();
    const before = await api.streamTurn(session, TWO_ROUNDS, SCRIPT_MODEL);
    await before.until(at);
    await gateway.kill();
    await before.ended;
    const seen = before.events;
    expect(seen.at(-1)?.kind).not.toBe('turn-finished');
    const turnId = seen[0]?.data.turnId;
    await gateway.restart();

    const after = await api.follow(session, turnId, seen.at(-1)?.id ?? 0);
    await after.until(({ kind }) => kind === 'turn-finished' || kind === 'turn-failed');
    await after.ended;
    const all = await api.follow(session, turnId, 0);
    await all.ended;
    expect([...seen, ...after.events]).toEqual(all.events);

    const valid = withoutVoided(all.events);
    expect(valid.at(-1)).toMatchObject({ kind: 'turn-finished', data: { output: 'All done.' } });
    const results = valid.filter(({ kind }) => kind === 'tool-result');
    expect(results.map(({ data }) => data.round)).toEqual([0, 1]);
    const text = valid.filter(({ kind }) => kind === 'text-delta').map(({ data }) => data.text);
    expect(text.join('')).toBe(`${SAID(1)}${SAID(2)}All done.`);
    expect((await api.get('/v1/audit/verify')).body).toMatchObject({ ok: true });
  });

  test('a plugin’s POST went out never sends it again: the call is unknown or finished', async () => {
    posts = 0;
    answerAfterMs = 3_000;
    const session = await api.session();
    const url = `http://127.0.0.1:${counterPort}/count`;
    const stream = await api.streamTurn(
      session,
      script(
        { toolCalls: [{ name: 'http-fetch', arguments: { url, method: 'POST', body: 'x' } }] },
        { text: 'End.' },
      ),
      SCRIPT_MODEL,
    );
    await stream.until(({ kind }) => kind === 'tool-call-approved');
    await expect.poll(() => posts).toBe(1);
    await gateway.kill();
    await stream.ended;
    answerAfterMs = 0;
    await gateway.restart();
    const after = await api.follow(session, stream.events[0]?.data.turnId, 0);
    await after.until(({ kind }) => kind === 'turn-finished');
    await after.ended;
    expect(posts).toBe(1);
    const { body } = await api.get(
      `/v1/sessions/${session}/turns/${stream.events[0]?.data.turnId}`,
    );
    expect(body.toolCalls).toMatchObject([{ tool: 'http-fetch', status: 'unknown' }]);
    expect((await api.get('/v1/audit/verify')).body).toMatchObject({ ok: true });
  });
});

describe('a lost client', () => {
  test('does not end its turn', async () => {
    const session = await api.session();
    const stream = await api.streamTurn(
      session,
      script({ text: 'Late.', delayMs: 500 }),
      SCRIPT_MODEL,
    );
    const { data } = await stream.until(({ kind }) => kind === 'turn-started');
    stream.close();
    const again = await api.follow(session, data.turnId, 0);
    await again.until(({ kind }) => kind === 'turn-finished');
  });
});

describe('cancelling', () => {
  test('ends a running turn at once, and the lane goes on with the next', async () => {
    const session = await api.session();
    const slow = await api.streamTurn(
      session,
      script({ text: 'Never.', delayMs: 9_000 }),
      SCRIPT_MODEL,
    );
    const { data } = await slow.until(({ kind }) => kind === 'turn-started');
    const next = api.turn(session, script({ text: 'Next.' }), SCRIPT_MODEL);
    const startedAt = Date.now();
    const { body } = await api.post(`/v1/sessions/${session}/turns/${data.turnId}/cancel`);
    expect(body.status).toBe('cancelled');
    expect((await next).body).toMatchObject({ status: 'finished', output: 'Next.' });
    expect(Date.now() - startedAt).toBeLessThan(8_000);
    await slow.ended;
    expect(slow.events.at(-1)).toMatchObject({ kind: 'turn-failed', data: { code: 'cancelled' } });
  });
});
