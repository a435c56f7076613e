/** The spine: a message in, a tool call through the gate, the answer out, all of it on record. */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Api, callApi, SCRIPT_MODEL, script } from '../support/api.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';

let gateway: Gateway;
let api: Api;

beforeAll(async () => {
  gateway = await startGateway();
  api = callApi(gateway);
});
afterAll(() => gateway?.dispose());

const SENTENCE = 'Count the words in: the quick brown fox jumps over the lazy dog';

describe('a first turn', () => {
  test('runs a tool for a plain request and answers with what it found', async () => {
    const { status, body } = await api.turn(await api.session(), SENTENCE);
    expect(status).toBe(200);
    expect(body.status).toBe('finished');
    expect(body.toolCalls).toMatchObject([{ tool: 'text-stats', status: 'finished' }]);
    expect(body.output).toMatch(/\b9\b/);
  });

  test('streams every step in order, with ids that count from 1 without gaps', async () => {
    const stream = await api.streamTurn(await api.session(), SENTENCE);
    await stream.until(({ kind }) => kind === 'turn-finished');
    await stream.ended;
    const kinds = stream.events.map(({ kind }) => kind).filter((kind) => kind !== 'text-delta');
    expect(kinds).toEqual([
      'turn-started',
      'tool-call-proposed',
      'tool-call-approved',
      'tool-result',
      'round-finished',
      'round-finished',
      'turn-finished',
    ]);
    expect(stream.events.map(({ id }) => id)).toEqual(stream.events.map((_, index) => index + 1));
    const said = stream.events.filter(({ kind }) => kind === 'text-delta');
    expect(said.map(({ data }) => data.text).join('')).toContain(stream.events.at(-1)?.data.output);
  });

  test('resumes a stream after any id without repeating or losing an event', async () => {
    const session = await api.session();
    const whole = await api.streamTurn(session, SENTENCE);
    const { data } = await whole.until(({ kind }) => kind === 'turn-started');
    await whole.ended;
    for (const { id } of whole.events.slice(0, -1)) {
      const rest = await api.follow(session, data.turnId, id);
      await rest.ended;
      expect([...whole.events.slice(0, id), ...rest.events]).toEqual(whole.events);
    }
    // An EventSource comes back until it hears this.
    const headers = { 'Last-Event-ID': String(whole.events.length) };
    const events = `/v1/sessions/${session}/turns/${data.turnId}/events`;
    expect((await api.get(events, headers)).status).toBe(204);
  });

  test('that is deleted says so to all who follow it, and is not there when they come back', async () => {
    const session = await api.session();
    const text = script({ delayMs: 8_000, text: 'Late.' });
    const first = await api.streamTurn(session, text, SCRIPT_MODEL);
    const { data } = await first.until(({ kind }) => kind === 'turn-started');
    const second = await api.follow(session, data.turnId, 1);
    expect((await api.delete(`/v1/sessions/${session}`)).status).toBe(204);
    for (const reader of [first, second]) {
      await reader.ended;
      const { id, kind, data } = reader.events.at(-1) ?? {};
      expect([id, kind, data.code]).toEqual([1, 'turn-failed', 'not_found']);
    }
    const events = `/v1/sessions/${session}/turns/${data.turnId}/events`;
    expect((await api.get(events, { 'Last-Event-ID': '1' })).status).toBe(404);
  });

  test('keeps the conversation: a second turn sees the first', async () => {
    const session = await api.session();
    await api.turn(session, SENTENCE);
    await api.turn(session, 'Count the words in: one two');
    const { body } = await api.get(`/v1/sessions/${session}/messages`);
    expect(body.messages.map(({ role }: { role: string }) => role)).toEqual([
      'user',
      'assistant',
      'tool',
      'assistant',
      'user',
      'assistant',
      'tool',
      'assistant',
    ]);
  });

  test('leaves a chained record of every decision', async () => {
    const session = await api.session();
    await api.turn(session, SENTENCE);
    await expect
      .poll(
        async () => {
          const { body } = await api.get('/v1/audit?limit=500');
          return body.records
            .map(({ event }: { event: { sessionId?: string; action: string } }) => event)
            .filter((event: { sessionId?: string }) => event.sessionId === session)
            .map(({ action }: { action: string }) => action);
        },
        { timeout: 20_000 },
      )
      .toEqual(
        expect.arrayContaining(['turn-admitted', 'tool-call', 'tool-result', 'turn-finished']),
      );
    const { body } = await api.get('/v1/audit/verify');
    expect(body).toMatchObject({ ok: true });
    expect(body.count).toBeGreaterThan(4);
  });

  test('says what it is when it cannot help', async () => {
    const { body } = await api.turn(await api.session(), 'Please compose a symphony');
    expect(body.status).toBe('finished');
    expect(body.toolCalls).toEqual([]);
    expect(body.output).toMatch(/text-stats/);
  });
});

describe('calls within a turn', () => {
  test('run in parallel within a round and come back in order', async () => {
    const turn = await api.turn(
      await api.session(),
      script(
        {
          toolCalls: [
            { name: 'text-stats', arguments: { text: 'one' } },
            { name: 'json-query', arguments: { json: '{"a":[1,2,3]}', query: 'a[1]' } },
            { name: 'text-stats', arguments: { text: 'one two three' } },
          ],
        },
        { text: 'Done.' },
      ),
      SCRIPT_MODEL,
    );
    expect(turn.body).toMatchObject({ status: 'finished', output: 'Done.' });
    expect(turn.body.toolCalls.map(({ status }: { status: string }) => status)).toEqual([
      'finished',
      'finished',
      'finished',
    ]);
  });

  test('that are denied name check and reason, and the model gets only the fixed sentence', async () => {
    const session = await api.session();
    const { body } = await api.turn(
      session,
      script(
        {
          toolCalls: [
            { name: 'text-stats', arguments: { text: 5 } },
            { name: 'no-such-tool', arguments: {} },
            { name: 'Text-Stats', arguments: { text: 'x' } },
            { name: 'text-stats', arguments: '{"text": ' },
          ],
        },
        { text: 'Over.' },
      ),
      SCRIPT_MODEL,
    );
    expect(body.toolCalls).toMatchObject([
      { status: 'denied', check: 'structure', reason: 'schema_mismatch' },
      { status: 'denied', check: 'registry', reason: 'unknown_tool' },
      { status: 'denied', check: 'registry', reason: 'lookalike_name' },
      { status: 'denied', check: 'parse', reason: 'malformed_arguments' },
    ]);
    const { body: page } = await api.get(`/v1/sessions/${session}/messages`);
    const told = page.messages.filter(({ role }: { role: string }) => role === 'tool');
    expect(new Set(told.map(({ content }: { content: string }) => content))).toEqual(
      new Set(['This tool call was denied by the gateway.']),
    );
  });

  test('stop at the turn’s maximum', async () => {
    const call = (n: number) => ({ name: 'text-stats', arguments: { text: `text ${n}` } });
    const { body } = await api.turn(
      await api.session(),
      script({ toolCalls: Array.from({ length: 17 }, (_, n) => call(n)) }, { text: 'Enough.' }),
      SCRIPT_MODEL,
    );
    const statuses = body.toolCalls.map(({ status }: { status: string }) => status);
    expect(statuses.filter((status: string) => status === 'finished')).toHaveLength(16);
    expect(body.toolCalls.at(-1)).toMatchObject({ status: 'denied', reason: 'too_many_calls' });
  });
});

describe('a tool call by a program', () => {
  test('passes the same checks and answers result, label and receipt', async () => {
    const { status, body } = await api.post('/v1/tools/text-stats/call', {
      arguments: { text: 'one two three' },
    });
    expect(status).toBe(200);
    expect(JSON.parse(body.result)).toMatchObject({ words: 3 });
    expect(body.label).toMatchObject({ integrity: expect.any(String) });
    expect(body.receipt.codeHash).toMatch(/^[0-9a-f]{64}$/);
  });

  test('is refused with check and reason', async () => {
    const { status, body } = await api.post('/v1/tools/text-stats/call', { arguments: { txt: 1 } });
    expect(status).toBe(403);
    expect(body).toMatchObject({ code: 'denied', check: 'structure', reason: 'schema_mismatch' });
    expect(body.requestId).toMatch(/^req_/);
  });

  test('runs once for one idempotency key', async () => {
    const key = { 'Idempotency-Key': 'k-1' };
    const call = (text: string) =>
      api.post('/v1/tools/text-stats/call', { arguments: { text } }, key);
    const first = await call('a b');
    expect((await call('a b')).body).toEqual(first.body);
    expect((await call('a b c')).body).toMatchObject({ code: 'idempotency_conflict' });
  });
});
