/** A call waits for a human, and runs once he has said yes: over HTTP, from question to result. */

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Api, callApi, SCRIPT_MODEL, script } from '../support/api.ts';
import {
  askAlways,
  askFor,
  changePolicy,
  count,
  countWords,
  credential,
  decide,
  END,
  eventsOf,
  kindsOf,
  stateOf,
} from '../support/approvals.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';

let gateway: Gateway;
let api: Api;
let human: Api;

beforeAll(async () => {
  gateway = await startGateway();
  api = callApi(gateway);
  human = await credential(gateway);
});
afterAll(() => gateway?.dispose());
beforeEach(async () => {
  await changePolicy(api, { deny: [] });
  await askAlways(api, ['tool:call:text-stats']);
});

const DENIED = 'This tool call was denied by the gateway.';
const query = { name: 'json-query', arguments: { json: '{"a":7}', query: 'a' } };
const summary = async (session: string, turnId: string) =>
  (await api.get(`/v1/sessions/${session}/turns/${turnId}`)).body;

describe('a call that a human must approve', () => {
  test('waits, and runs once when he does', async () => {
    const asked = await askFor(api, countWords());
    expect((await decide(human, asked.id, 'approve')).body).toMatchObject({ state: 'approved' });
    expect(kindsOf(await eventsOf(api, asked))).toEqual([
      'turn-started',
      'tool-call-proposed',
      'approval-needed',
      'tool-call-approved',
      'tool-result',
      'round-finished',
      'text-delta',
      'round-finished',
      'turn-finished',
    ]);
    expect(await stateOf(human, asked.id)).toBe('consumed');
  });

  test('waits while its principal is switched off, and does not run whatever is decided then', async () => {
    const held = await credential(gateway, { kind: 'user', id: 'held' }, ['*']);
    const killSwitch = { kind: 'principal', name: 'user:held' };
    const [before, during] = [await askFor(held, countWords()), await askFor(held, countWords())];
    expect((await api.post('/v1/switches', { killSwitch })).status).toBe(204);
    expect(await stateOf(human, before.id)).toBe('pending');
    expect((await decide(human, during.id, 'approve')).status).toBe(200);
    await expect.poll(() => stateOf(human, during.id)).toBe('withdrawn');
    expect(await summary(during.session, during.turnId)).toMatchObject({
      ...{ status: 'failed', code: 'denied' },
      toolCalls: [expect.objectContaining({ status: 'denied' })],
    });
    expect((await api.post('/v1/switches/release', { killSwitch })).status).toBe(204);
    await decide(human, before.id, 'approve');
    expect(kindsOf(await eventsOf(api, before))).toContain('tool-result');
  });

  test('is shown to him as it will run, with nothing hidden in it', async () => {
    const { id, session, turnId } = await askFor(api, countWords('one\u00a0two'));
    const { body } = await human.get(`/v1/approvals/${id}`);
    expect(body).toMatchObject({
      state: 'pending',
      tool: 'text-stats',
      principal: 'user:root',
      capabilities: ['tool:call:text-stats'],
      sessionId: session,
      turnId,
    });
    expect(body.arguments).toBe('{\n  "text": "one\\u{a0}two"\n}');
    expect(body.codeHash).toMatch(/^[0-9a-f]{64}$/);
  });

  test('is denied when he says no, and the model hears no more than that', async () => {
    const asked = await askFor(api, countWords());
    expect((await decide(human, asked.id, 'deny')).body.state).toBe('denied');
    const events = await eventsOf(api, asked);
    expect(count(events, 'tool-call-approved')).toBe(0);
    const { body } = await api.get(`/v1/sessions/${asked.session}/messages`);
    const answers = body.messages.filter(({ role }: { role: string }) => role === 'tool');
    expect(answers).toMatchObject([{ content: DENIED, isError: true }]);
    expect((await summary(asked.session, asked.turnId)).toolCalls).toMatchObject([
      { status: 'denied', check: 'sanitise', reason: 'approval_denied' },
    ]);
  });

  test('is denied when nobody answers in time', async () => {
    await askAlways(api, ['tool:call:text-stats'], { expiresInMs: 1_000 });
    const asked = await askFor(api, countWords());
    const events = await eventsOf(api, asked);
    expect(events.find(({ kind }) => kind === 'tool-call-denied')?.data).toMatchObject({
      reason: 'approval_expired',
    });
    expect((await decide(human, asked.id, 'approve')).status).toBe(409);
    const list = async () => (await human.get('/v1/approvals?state=expired&limit=200')).body;
    await expect.poll(list).toMatchObject({
      approvals: expect.arrayContaining([expect.objectContaining({ id: asked.id })]),
    });
  });

  test('does not hold up the calls beside it that need nobody', async () => {
    const asked = await askFor(api, query, countWords());
    const before = await summary(asked.session, asked.turnId);
    expect(before.toolCalls).toMatchObject([{ status: 'finished' }, { status: 'waiting' }]);
    await decide(human, asked.id, 'approve');
    const events = await eventsOf(api, asked);
    expect(count(events, 'tool-result')).toBe(2);
    expect(count(events, 'approval-needed')).toBe(1);
  });

  test('waits for itself alone: one is run, one denied, in whatever order he answers', async () => {
    const asked = await askFor(api, countWords('a'), countWords('a b'));
    const [first = '', second = ''] = asked.ids;
    await decide(human, second, 'approve');
    await expect.poll(() => stateOf(human, second)).toBe('consumed');
    await expect
      .poll(async () => (await summary(asked.session, asked.turnId)).status)
      .toBe('waiting');
    await decide(human, first, 'deny');
    const events = await eventsOf(api, asked);
    expect(count(events, 'approval-needed')).toBe(2);
    expect(count(events, 'tool-result')).toBe(1);
    expect((await summary(asked.session, asked.turnId)).toolCalls).toMatchObject([
      { status: 'denied', reason: 'approval_denied' },
      { status: 'finished' },
    ]);
  });

  test('keeps its session’s lane until it is decided or cancelled', async () => {
    const asked = await askFor(api, countWords());
    const next = await api.turn(asked.session, script(END), SCRIPT_MODEL);
    expect([next.status, next.body.code]).toEqual([409, 'turn_waiting']);
    expect(next.body.detail).toContain('must be decided or cancelled first');
    const turn = `/v1/sessions/${asked.session}/turns/${asked.turnId}`;
    expect((await api.post(`${turn}/cancel`)).body).toMatchObject({
      status: 'cancelled',
      toolCalls: [{ status: 'denied', check: 'sanitise', reason: 'approval_required' }],
    });
    expect(await stateOf(human, asked.id)).toBe('withdrawn');
    expect((await decide(human, asked.id, 'approve')).status).toBe(409);
    expect(count(await eventsOf(api, asked), 'tool-call-approved')).toBe(0);
    expect((await api.turn(asked.session, script(END), SCRIPT_MODEL)).body.output).toBe('End.');
  });

  test('stops the clock of its turn', async () => {
    const { body } = await api.get('/v1/workspaces/default');
    await changePolicy(api, { limits: { ...body.policy.limits, maxDurationMs: 1_500 } });
    const asked = await askFor(api, countWords());
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    await decide(human, asked.id, 'approve');
    expect((await eventsOf(api, asked)).at(-1)?.kind).toBe('turn-finished');
    await changePolicy(api, { limits: body.policy.limits });
  });
});

describe('what an approval does not do', () => {
  test('it does not help against a policy that was narrowed meanwhile', async () => {
    const asked = await askFor(api, countWords());
    await changePolicy(api, { deny: ['tool:call:text-stats'] });
    expect((await decide(human, asked.id, 'approve')).status).toBe(200);
    const events = await eventsOf(api, asked);
    expect(events.find(({ kind }) => kind === 'tool-call-denied')?.data).toMatchObject({
      check: 'capability',
      reason: 'workspace_deny_match',
    });
    expect(count(events, 'tool-result')).toBe(0);
    expect(await stateOf(human, asked.id)).toBe('withdrawn');
  });

  test('it does not count once the rules are others: the human is asked anew', async () => {
    const asked = await askFor(api, countWords());
    await askAlways(api, ['tool:call:text-stats', 'tool:call:json-query']);
    await decide(human, asked.id, 'approve');
    const turn = () => summary(asked.session, asked.turnId);
    await expect.poll(async () => (await turn()).toolCalls[0].approvalId).not.toBe(asked.id);
    expect(await stateOf(human, asked.id)).toBe('withdrawn');
    const again: string = (await turn()).toolCalls[0].approvalId;
    await expect.poll(async () => (await turn()).status).toBe('waiting');
    await decide(human, again, 'approve');
    expect(count(await eventsOf(api, asked), 'tool-result')).toBe(1);
  });

  test('it does not count twice: the same call in the next round is another question', async () => {
    const session = await api.session();
    const step = { toolCalls: [countWords()] };
    const turn = await api.turn(session, script(step, step, END), SCRIPT_MODEL);
    const first = turn.body.toolCalls[0].approvalId;
    await decide(human, first, 'approve');
    const calls = async () => (await summary(session, turn.body.turnId)).toolCalls;
    await expect.poll(calls).toMatchObject([{ status: 'finished' }, { status: 'waiting' }]);
    expect((await calls())[1].approvalId).not.toBe(first);
  });
});

describe('a decision', () => {
  test('is taken once; saying the same again changes nothing, the contrary is refused', async () => {
    const { id } = await askFor(api, countWords());
    expect((await decide(human, id, 'deny')).status).toBe(200);
    expect((await decide(human, id, 'deny')).body.state).toBe('denied');
    expect(await decide(human, id, 'approve')).toMatchObject({
      status: 409,
      body: { code: 'conflict' },
    });
  });

  test('may be one of many, each for itself', async () => {
    const [a, b] = [await askFor(api, countWords('a')), await askFor(api, countWords('b'))];
    const unknown = `${a.id.slice(0, -1)}${a.id.endsWith('0') ? '1' : '0'}`;
    const { status, body } = await human.post('/v1/approvals', {
      decisions: [
        { id: a.id, decision: 'approve' },
        { id: unknown, decision: 'approve' },
        { id: b.id, decision: 'deny' },
        { id: b.id, decision: 'approve' },
      ],
    });
    expect([status, body.results]).toEqual([
      200,
      [
        { id: a.id, state: 'approved' },
        { id: unknown, code: 'not_found' },
        { id: b.id, state: 'denied' },
        { id: b.id, code: 'conflict', state: 'denied' },
      ],
    ]);
    expect(count(await eventsOf(api, a), 'tool-result')).toBe(1);
  });

  test('takes 1 to 100 at a time', async () => {
    const many = (length: number) =>
      human.post('/v1/approvals', {
        decisions: Array(length).fill({ id: 'apr_none', decision: 'deny' }),
      });
    expect((await many(0)).status).toBe(422);
    expect((await many(100)).status).toBe(200);
    expect((await many(101)).status).toBe(422);
  });

  test('is on the record with who took it, and without the arguments', async () => {
    const asked = await askFor(api, countWords('a word nobody else says'));
    await decide(human, asked.id, 'approve');
    await eventsOf(api, asked);
    const records = async () => {
      const actions = ['approval-needed', 'approval-decided', 'approval-consumed'];
      const pages = await Promise.all(
        actions.map((action) => api.get(`/v1/audit?limit=500&action=${action}`)),
      );
      return pages
        .flatMap(({ body }) => body.records.map(({ event }: { event: object }) => event))
        .filter((event) => event.approvalId === asked.id);
    };
    await expect.poll(records).toMatchObject([
      { action: 'approval-needed', decision: 'observed', tool: 'text-stats' },
      { action: 'approval-decided', decision: 'allowed', actor: 'user:root' },
      { action: 'approval-consumed', decision: 'allowed' },
    ]);
    expect(JSON.stringify(await records())).not.toContain('nobody else');
  });
});

describe('a key that was used for another approval', () => {
  test('decides nothing, and says so', async () => {
    const { ids } = await askFor(api, countWords(), countWords('four'));
    const [first = '', second = ''] = ids;
    const headers = { 'Idempotency-Key': 'no-to-this' };
    const deny = (id: string) => human.post(`/v1/approvals/${id}`, { decision: 'deny' }, headers);
    expect(await deny(first)).toMatchObject({ status: 200, body: { id: first } });
    expect(await deny(first)).toMatchObject({ status: 200, body: { id: first } });
    expect(await deny(second)).toMatchObject({
      status: 422,
      body: { code: 'idempotency_conflict' },
    });
    expect(await stateOf(human, second)).toBe('pending');
    await decide(human, second, 'deny');
  });
});

describe('the list', () => {
  test('finds approvals by state and session, page by page', async () => {
    const a = await askFor(api, countWords('a'), countWords('b'), countWords('c'));
    await askFor(api, countWords());
    const path = `/v1/approvals?session=${a.session}`;
    const ids = ({ body }: Awaited<ReturnType<Api['get']>>) =>
      body.approvals.map(({ id }: { id: string }) => id);
    await expect.poll(async () => ids(await human.get(path))).toEqual(a.ids);
    const first = await human.get(`${path}&limit=2`);
    expect(ids(first)).toEqual(a.ids.slice(0, 2));
    const rest = await human.get(`${path}&limit=2&after=${first.body.next}`);
    expect([ids(rest), rest.body.next]).toEqual([a.ids.slice(2), undefined]);
    await decide(human, a.id, 'deny');
    await expect.poll(async () => ids(await human.get(`${path}&state=denied`))).toEqual([a.id]);
    expect(ids(await human.get(`${path}&state=pending`))).toEqual(a.ids.slice(1));
    expect(JSON.stringify((await human.get(path)).body)).not.toContain('arguments');
  });
});

describe('a program', () => {
  const path = '/v1/tools/text-stats/call';
  const body = { arguments: { text: 'one two' } };

  test('is told to come back, and finds its result under the same key', async () => {
    const headers = { 'Idempotency-Key': 'count-these' };
    const asked = await api.post(path, body, headers);
    expect([asked.status, asked.body.code]).toEqual([409, 'approval_needed']);
    expect((await api.post(path, body, headers)).body.approvalId).toBe(asked.body.approvalId);
    await decide(human, asked.body.approvalId, 'approve');
    await expect.poll(async () => (await api.post(path, body, headers)).status).toBe(200);
    const again = await api.post(path, body, headers);
    expect(JSON.parse(again.body.result)).toMatchObject({ words: 2 });
  });

  test('is denied at once without a key, since it could never come back', async () => {
    const { status, body: problem } = await api.post(path, body);
    expect([status, problem.check, problem.reason]).toEqual([403, 'sanitise', 'approval_required']);
  });

  test('of the OpenAI kind is told so in that shape, and comes back with its key', async () => {
    const completion = {
      model: SCRIPT_MODEL,
      messages: [{ role: 'user', content: script({ toolCalls: [countWords()] }, END) }],
    };
    const headers = { 'Idempotency-Key': 'complete-this' };
    const asked = await api.post('/v1/chat/completions', completion, headers);
    expect([asked.status, asked.body.error.code]).toEqual([409, 'approval_needed']);
    const list = async () => (await human.get('/v1/approvals?state=pending&limit=200')).body;
    await expect.poll(async () => (await list()).approvals.length).toBeGreaterThan(0);
    await decide(human, (await list()).approvals.at(-1).id, 'approve');
    const content = async () => {
      const { body } = await api.post('/v1/chat/completions', completion, headers);
      return body.choices?.[0].message.content;
    };
    await expect.poll(content).toBe('End.');
    const alone = await api.post('/v1/chat/completions', completion);
    expect(alone.body.choices[0].message.content).toBe('End.');
  });
});

describe('an agent block', () => {
  const BUDGET = 50_000;
  const spawn = async (limits: object = {}, more: object = {}): Promise<string> => {
    const spawned = await api.post('/v1/blocks', {
      behavior: { kind: 'agent', model: SCRIPT_MODEL },
      capabilities: ['CAP_INFER', 'CAP_SEND', 'CAP_RECEIVE', 'tool:call:text-stats'],
      budget: { tokens: BUDGET },
      limits,
      ...more,
    });
    return spawned.body.id;
  };
  const tokensOf = async (id: string): Promise<number> =>
    (await api.get(`/v1/blocks/${id}`)).body.budget.tokens;
  const expectPaid = (left: number) => {
    expect(left).toBeGreaterThan(BUDGET / 2);
    expect(left).toBeLessThan(BUDGET);
  };
  const ask = (id: string, body: string) =>
    api.post(`/v1/blocks/${id}/call`, { body, timeoutMs: 60_000 });
  const pendingOf = async (id: string) => {
    const { body } = await human.get('/v1/approvals?state=pending&limit=200');
    return body.approvals.find(({ principal }: { principal: string }) => principal.includes(id));
  };

  test('waits with its message, however long, and counts no attempt', async () => {
    const id = await spawn({ messages: 2, overflow: 'drop-old' });
    const answer = ask(id, script({ toolCalls: [countWords()] }, END));
    await expect.poll(() => pendingOf(id)).toBeDefined();
    await new Promise((resolve) => setTimeout(resolve, 6_000));
    const taken = await api.post(`/v1/blocks/${id}/receive`, { timeoutMs: 0 });
    expect(taken.body.messages).toEqual([]);
    // It neither makes room for others, nor is it left to another behaviour half done, nor is what it
    // may still use given to anybody else.
    for (const text of ['one', 'two']) {
      await api.post(`/v1/blocks/${id}/messages`, { body: script({ text }) });
    }
    const upgraded = await api.post(`/v1/blocks/${id}/upgrade`, { behavior: { kind: 'mailbox' } });
    expect([upgraded.status, upgraded.body.code]).toEqual([409, 'turn_waiting']);
    expect(await tokensOf(id)).toBe(0);
    await decide(human, (await pendingOf(id)).id, 'approve');
    expect((await answer).body.body).toBe('End.');
    const depth = async () => (await api.get(`/v1/blocks/${id}`)).body.mailbox.depth;
    await expect.poll(depth).toBe(0);
    expectPaid(await tokensOf(id));
    const { body } = await api.get(`/v1/blocks/${id}/dead-letters`);
    expect(body.deadLetters).toMatchObject([{ body: script({ text: 'one' }), attempts: 0 }]);
  });

  test.each([false, true])(
    'that ends while it waits leaves those above what its turn has not used (parent has ended: %s)',
    async (isOrphan) => {
      const capabilities = [
        'CAP_SPAWN',
        'CAP_INFER',
        'CAP_SEND',
        'CAP_RECEIVE',
        'tool:call:text-stats',
      ];
      const top = await spawn({}, { capabilities });
      const middle = await spawn({}, { capabilities, parent: top, budget: { tokens: 20_000 } });
      const id = await spawn({}, { parent: middle, budget: { tokens: 10_000 } });
      const usage = { inputTokens: 30, outputTokens: 50 };
      const body = script({ toolCalls: [countWords()], usage }, END);
      await api.post(`/v1/blocks/${id}/messages`, { body });
      const upgrade = () => api.post(`/v1/blocks/${id}/upgrade`, { behavior: { kind: 'mailbox' } });
      await expect.poll(async () => (await upgrade()).body.code).toBe('turn_waiting');
      expect(await tokensOf(id)).toBe(0);
      if (isOrphan) await api.delete(`/v1/blocks/${middle}`);
      await api.delete(`/v1/blocks/${id}`);
      const [heir, most] = isOrphan ? [top, BUDGET] : [middle, 20_000];
      await expect.poll(() => tokensOf(heir), { timeout: 20_000 }).toBe(most - 80);
    },
  );

  test('asks nobody any more for a message that a checkpoint took away, and goes on', async () => {
    const id = await spawn();
    const { id: checkpoint } = (await api.post(`/v1/blocks/${id}/checkpoint`)).body;
    await api.post(`/v1/blocks/${id}/messages`, {
      body: script({ toolCalls: [countWords()] }, END),
    });
    await expect.poll(() => pendingOf(id)).toBeDefined();
    const { id: approval } = await pendingOf(id);
    expect((await api.post(`/v1/blocks/${id}/restore`, { checkpoint })).status).toBe(201);
    expect((await human.get(`/v1/approvals/${approval}`)).body.state).toBe('withdrawn');
    expectPaid(await tokensOf(id));
    expect((await ask(id, script(END))).body.body).toBe('End.');
  });
});
