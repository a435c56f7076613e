/** Summaries by a model over HTTP: asked behind everybody's back, shown in place of what is older, paid for. */

import type { ServerResponse } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Api, callApi, SCRIPT_MODEL, script } from '../support/api.ts';
import { changePolicy } from '../support/approvals.ts';
import { eventually } from '../support/eventually.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';
import {
  refuse,
  type StandIn,
  startProvider,
  streamReply,
  streamText,
  USAGE,
} from '../support/provider.ts';

const TALK = 'compatible/talk';
const SUM = 'compatible/sum';

let gateway: Gateway;
let api: Api;
let provider: StandIn;
/** How the model is answered that summarises. */
let summarise: (response: ServerResponse) => void;
let answers = 0;

beforeAll(async () => {
  provider = await startProvider();
  provider.answer = ({ model }, response) => {
    if (model === 'sum') summarise(response);
    else streamText(response, `Answer ${++answers}. And so on.`);
  };
  gateway = await startGateway({ secrets: { OPENAI_COMPATIBLE_BASE_URL: provider.baseUrl } });
  api = callApi(gateway);
  await summarisedBy(SUM);
});
afterAll(async () => {
  await gateway?.dispose();
  provider?.dispose();
});
beforeEach(() => {
  provider.asked.length = 0;
  answers = 0;
  summarise = (response) => streamText(response, 'They counted together.');
});

const summarisedBy = (summaries?: string) =>
  changePolicy(api, {
    memory: { window: { messages: 6, characters: 100_000 }, ...(summaries && { summaries }) },
  });

/** As many turns as are just too long, in a session of its own. */
async function talk(by = api, turns = 4): Promise<string> {
  const session = await by.session();
  for (let turn = 1; turn <= turns; turn++) {
    await by.turn(session, `Question ${turn}? More of it.`, TALK);
  }
  return session;
}

const askedOf = (model: string) =>
  provider.asked.filter(({ body }) => body.model === model).map(({ body }) => body);

const summaryOf = (session: string, by = api) =>
  eventually(async () => {
    const { status, body } = await by.get(`/v1/sessions/${session}/summary`);
    expect(status).toBe(200);
    return body;
  });

const recorded = async (action: string) =>
  (await api.get(`/v1/audit?action=${action}&limit=200`)).body.records.map(
    ({ event }: { event: object }) => event,
  );

async function callerAs(id: string, ...models: string[]): Promise<Api> {
  const memory = ['tool:call:memory-*', 'storage:memory:*'];
  const grants = ['session:*', ...memory, ...models.map((model) => `provider:llm:call:${model}`)];
  const { body } = await api.post('/v1/tokens', { subject: { kind: 'user', id }, grants });
  return callApi(gateway, body.token);
}

describe('a conversation that has become too long', () => {
  test('is summarised by the model that the policy names, and stays whole', async () => {
    const session = await talk();
    const summary = await summaryOf(session);
    expect(summary).toMatchObject({
      text: 'They counted together.',
      model: SUM,
      label: { integrity: 'trusted' },
      turns: 3,
      messages: 6,
      at: expect.any(Number),
    });
    const [asked, ...more] = askedOf('sum');
    expect(more).toEqual([]);
    expect(asked?.tools).toBeUndefined();
    expect(asked?.messages.map(({ role }) => role)).toEqual(['system', 'user']);
    const record = String(asked?.messages[1]?.content).split('\n');
    expect(record.map((line) => JSON.parse(line))).toMatchObject([
      { from: 'user', trusted: true, text: 'Question 1? More of it.' },
      { from: 'assistant', text: 'Answer 1. And so on.' },
      ...[{ text: /Question 2/ }, {}, {}, {}].map(() => ({})),
    ]);

    await api.turn(session, 'And then?', TALK);
    const shown = askedOf('talk').at(-1)?.messages ?? [];
    expect(shown[0]).toMatchObject({ role: 'user' });
    expect(JSON.stringify(shown[0])).toContain('They counted together.');
    expect(JSON.stringify(shown)).not.toContain('Question 3');
    expect(JSON.stringify(shown)).toContain('Question 4');
    const { body } = await api.get(`/v1/sessions/${session}/messages?limit=200`);
    expect(body.messages).toHaveLength(10);
    expect(body.messages[0].content).toBe('Question 1? More of it.');
  });

  test('is paid for by whose it is, and on the record', async () => {
    const ann = await callerAs('ann', TALK, SUM);
    const session = await talk(ann);
    await summaryOf(session, ann);
    await eventually(async () => {
      const mine = { actor: 'user:ann', sessionId: session, operation: 'summariseConversation' };
      expect(await recorded('summary-admitted')).toContainEqual(
        expect.objectContaining({ ...mine, model: SUM, count: 6, decision: 'allowed' }),
      );
      expect(await recorded('model-called')).toContainEqual(
        expect.objectContaining({
          ...mine,
          model: SUM,
          usage: expect.objectContaining({
            inputTokens: USAGE.prompt_tokens,
            outputTokens: USAGE.completion_tokens,
          }),
        }),
      );
    });
  });

  test('goes on while the model writes, and is shown as it is until then', async () => {
    const written = Promise.withResolvers<void>();
    const began = Promise.withResolvers<void>();
    summarise = async (response) => {
      began.resolve();
      await written.promise;
      streamText(response, 'They counted together.');
    };
    const session = await talk();
    await began.promise;
    const { body } = await api.turn(session, 'Are you there?', TALK);
    expect(body.status).toBe('finished');
    expect(JSON.stringify(askedOf('talk').at(-1))).toContain('Question 1');
    expect((await api.get(`/v1/sessions/${session}/summary`)).status).toBe(404);
    written.resolve();
    expect(await summaryOf(session)).toMatchObject({ model: SUM, turns: 3 });
  });

  test('has each summary made of the one before and what came since', async () => {
    const session = await talk();
    await summaryOf(session);
    summarise = (response) => streamText(response, 'They counted, and went on.');
    for (let turn = 5; turn <= 8; turn++) await api.turn(session, `Question ${turn}?`, TALK);
    await eventually(async () => {
      expect(await summaryOf(session)).toMatchObject({ text: 'They counted, and went on.' });
    });
    const record = String(askedOf('sum').at(-1)?.messages[1]?.content);
    expect(JSON.parse(record.split('\n')[0] ?? '')).toEqual({
      ...{ from: 'summary so far', trusted: true, text: 'They counted together.' },
    });
    expect(record).not.toContain('Question 3');
    expect(record).toContain('Question 4');
  });

  test('is gone with its session', async () => {
    const session = await talk();
    await summaryOf(session);
    expect((await api.get(`/v1/sessions/${session}/messages?search=question`)).status).toBe(200);
    expect((await api.delete(`/v1/sessions/${session}`)).status).toBe(204);
    expect((await api.get(`/v1/sessions/${session}/summary`)).status).toBe(404);
  });
});

test('however many conversations are too long at once, few summaries of one user are written at a time', async () => {
  const carl = await callerAs('carl', TALK, SUM);
  let writing = 0;
  let most = 0;
  const full = Promise.withResolvers<void>();
  summarise = async (response) => {
    most = Math.max(most, ++writing);
    if (writing === 2) full.resolve();
    await full.promise;
    writing -= 1;
    streamText(response, 'They counted together.');
  };
  const sessions = await Promise.all([talk(carl), talk(carl), talk(carl), talk(carl)]);
  for (const session of sessions) {
    await eventually(async () => expect((await summaryOf(session, carl)).model).toBe(SUM));
  }
  expect(most).toBe(2);
});

test('a summary that fills its room is kept also where each character is a token', async () => {
  const fill = (text: string) => (response: ServerResponse) =>
    streamReply(response, [{ role: 'assistant', content: text }], { finish: 'length' });
  summarise = fill('会'.repeat(3_000));
  const { text, model } = await summaryOf(await talk());
  expect([model, text.length]).toEqual([SUM, 2_048]);
});

describe('the gateway shortens by rule', () => {
  const BY_RULE = /^- User: Question 1\?/;
  const cut = (response: ServerResponse, finish: string) =>
    streamReply(response, [{ role: 'assistant', content: 'They' }], { finish });

  test('where no model is named', async () => {
    await summarisedBy();
    const summary = await summaryOf(await talk());
    expect(summary.text).toMatch(BY_RULE);
    expect(summary.model).toBeUndefined();
    expect(askedOf('sum')).toEqual([]);
    await summarisedBy(SUM);
  });

  test.each([
    ['refuses', (response: ServerResponse) => refuse(response, 400)],
    ['says nothing', (response: ServerResponse) => streamText(response, ' ')],
    ['has no room to say more', (response: ServerResponse) => cut(response, 'length')],
    ['is not let say more', (response: ServerResponse) => cut(response, 'content_filter')],
  ])('where the model %s', async (_, answer) => {
    summarise = answer;
    const summary = await summaryOf(await talk());
    expect(summary.text).toMatch(BY_RULE);
    expect(summary.model).toBeUndefined();
    expect(askedOf('sum')).toHaveLength(1);
  });

  test('where whose conversation it is may not ask the model', async () => {
    const bob = await callerAs('bob', TALK);
    expect((await summaryOf(await talk(bob), bob)).text).toMatch(BY_RULE);
    expect(askedOf('sum')).toEqual([]);
    await eventually(async () =>
      expect(await recorded('request-denied')).toContainEqual(
        expect.objectContaining({
          actor: 'user:bob',
          operation: 'summariseConversation',
          resource: 'provider:llm:call',
        }),
      ),
    );
  });

  test('where nothing is left of the budget for a summary', async () => {
    const { body } = await api.get('/v1/workspaces/default');
    const { budgets } = body.policy;
    const total = { tokens: 4_000, costMicroUsd: 1_000_000 };
    await changePolicy(api, { budgets: { ...budgets, session: { total } } });
    const summary = await summaryOf(await talk());
    expect(summary.text).toMatch(BY_RULE);
    expect(askedOf('sum')).toEqual([]);
    await changePolicy(api, { budgets });
  });

  test('where a conversation asks nothing but what the gateway has, and is to summarise itself', async () => {
    await summarisedBy('own');
    const session = await api.session();
    for (let turn = 1; turn <= 4; turn++) {
      await api.turn(session, `Question ${turn}?`, 'embedded/planner');
    }
    expect((await summaryOf(session)).text).toMatch(BY_RULE);
    const other = await talk();
    await eventually(async () => expect((await summaryOf(other)).model).toBe(TALK));
    await summarisedBy(SUM);
  });
});

describe('notes of a memory', () => {
  const remember = (text: string) => ({ name: 'memory-remember', arguments: { text } });

  /** As many as are summarised, in two turns. */
  async function fill(by: Api) {
    for (const part of [0, 16]) {
      const toolCalls = Array.from({ length: 16 }, (_, at) => remember(`Note ${part + at}. More.`));
      const input = script({ toolCalls }, { text: 'done' });
      const { body } = await by.turn(await by.session(), input, SCRIPT_MODEL);
      expect(body.toolCalls.map(({ status }: { status: string }) => status)).toEqual(
        toolCalls.map(() => 'finished'),
      );
    }
  }
  const rowsOf = async (by: Api) => (await by.get('/v1/memory/export')).body.memories;

  test('are summarised by the model, which they name, and go with what their owner deletes', async () => {
    await changePolicy(api, { memory: { enabled: true, summaries: SUM } });
    const dora = await callerAs('dora', SUM);
    await fill(dora);
    await eventually(async () => expect(await rowsOf(dora)).toHaveLength(33));
    const rows = await rowsOf(dora);
    const summary = rows.find(({ kind }: { kind: string }) => kind === 'summary');
    expect(summary).toMatchObject({
      ...{ text: 'They counted together.', model: SUM, label: { integrity: 'trusted' } },
    });
    expect(rows[0]).toMatchObject({ kind: 'note', summaryId: summary.id });
    await eventually(async () =>
      expect(await recorded('summary-admitted')).toContainEqual(
        expect.objectContaining({ actor: 'user:dora', operation: 'summariseNotes', count: 32 }),
      ),
    );
    expect((await dora.delete('/v1/memory')).body).toEqual({ erased: 33 });
    expect(await rowsOf(dora)).toEqual([]);
  });

  test('are summarised by rule for whom may not ask the model', async () => {
    const emil = await callerAs('emil');
    await fill(emil);
    await eventually(async () => expect(await rowsOf(emil)).toHaveLength(33));
    const [summary] = (await rowsOf(emil)).slice(-1);
    expect(summary).toMatchObject({ kind: 'summary', text: expect.stringMatching(/^- Note 0\./) });
    expect(summary.model).toBeUndefined();
    expect(askedOf('sum')).toEqual([]);
    await summarisedBy(SUM);
  });
});

test.each(['embedded/planner', 'talk', 'alias/'])('no policy names %s', async (summaries) => {
  const { body } = await api.get('/v1/workspaces/default');
  const policy = { ...body.policy, memory: { summaries } };
  expect((await api.put('/v1/workspaces/default', { policy })).status).toBe(422);
});
