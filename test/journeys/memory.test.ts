/** Memory over HTTP: what one conversation remembers, another recalls; its owner reads and deletes it. */

import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type Api, callApi, SCRIPT_MODEL, script } from '../support/api.ts';
import { changePolicy } from '../support/approvals.ts';
import { eventually } from '../support/eventually.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';
import { refuse, type StandIn, startProvider, streamText } from '../support/provider.ts';

let gateway: Gateway;
let api: Api;
let provider: StandIn;

beforeAll(async () => {
  provider = await startProvider();
  const secrets = { OPENAI_COMPATIBLE_BASE_URL: provider.baseUrl };
  gateway = await startGateway({ secrets });
  api = callApi(gateway);
});
afterAll(async () => {
  await gateway?.dispose();
  provider?.dispose();
});

const call = (name: string, args: object) => ({ toolCalls: [{ name, arguments: args }] });
const remember = (text: string, fact: object = {}) => call('memory-remember', { text, ...fact });
const recall = (query: string, more: object = {}) => call('memory-recall', { query, ...more });

/** What each call of one turn answered, in a session of its own. */
const answers = async (steps: readonly object[], by = api) => {
  const session = await by.session();
  await by.turn(session, script(...steps, { text: 'done' }), SCRIPT_MODEL);
  const { body } = await by.get(`/v1/sessions/${session}/messages`);
  return body.messages
    .filter(({ role }: { role: string }) => role === 'tool')
    .map(({ content, label }: { content: string; label: object }) => ({
      label,
      ...(content.startsWith('{') ? JSON.parse(content) : { denied: content }),
    }));
};

const textsOf = ({ memories }: { memories: { text: string }[] }) =>
  memories.map(({ text }) => text);

async function callerAs(id: string, ...grants: string[]): Promise<Api> {
  const all = ['session:*', 'tool:call:memory-*', ...grants];
  const issued = await api.post('/v1/tokens', { subject: { kind: 'user', id }, grants: all });
  expect(issued.status).toBe(201);
  return callApi(gateway, issued.body.token);
}

test('nobody remembers anything until the operator turns it on', async () => {
  const { body } = await api.get('/v1/tools');
  expect(JSON.stringify(body)).not.toContain('memory-');
  await changePolicy(api, { memory: { enabled: true } });
  const after = await api.get('/v1/tools');
  const names = after.body.tools.map(({ name }: { name: string }) => name);
  expect(names).toEqual(
    expect.arrayContaining(['memory-remember', 'memory-recall', 'memory-forget', 'memory-search']),
  );
});

test('what one session remembers, another recalls, with its label', async () => {
  const [stored] = await answers([remember('The dog is called Łukasz and likes crêpes.')]);
  expect(stored).toMatchObject({ kind: 'remembered' });
  const [recalled] = await answers([recall('crepe DOG')]);
  expect(recalled).toMatchObject({
    memories: [{ id: stored.id, kind: 'note', integrity: 'trusted' }],
    label: { integrity: 'trusted', confidentiality: 'secret' },
  });
  const [none] = await answers([recall('cats')]);
  expect(none.memories).toEqual([]);
});

test('a newer fact is recalled in the place of the older one, which stays', async () => {
  const fact = { subject: 'Ada', predicate: 'lives in' };
  await answers([remember('Paris', fact), remember('Rome', { ...fact, subject: 'ADA' })]);
  const [recalled] = await answers([recall('ada')]);
  expect(textsOf(recalled)).toEqual(['Rome']);
  const { body } = await api.get('/v1/memory/export');
  const kept = body.memories.find(({ text }: { text: string }) => text === 'Paris');
  expect(kept).toMatchObject({ kind: 'fact', supersededAt: expect.any(Number) });
});

test('what is forgotten is gone', async () => {
  const [stored] = await answers([remember('The code of the gate is zebra')]);
  const [forgotten, again] = await answers([
    call('memory-forget', { id: stored.id }),
    call('memory-forget', { id: stored.id }),
  ]);
  expect([forgotten.outcome, again.outcome]).toEqual(['forgotten', 'not_found']);
  const [recalled] = await answers([recall('zebra')]);
  expect(recalled.memories).toEqual([]);
});

describe('a user', () => {
  test('recalls his own memories alone', async () => {
    const ann = await callerAs('ann', 'storage:memory:*');
    const bob = await callerAs('bob', 'storage:memory:*');
    const [stored] = await answers([remember('Ann grows walnuts')], ann);
    expect(textsOf((await answers([recall('walnuts')], ann))[0])).toEqual(['Ann grows walnuts']);
    const [found, forgotten] = await answers(
      [recall('walnuts'), call('memory-forget', { id: stored.id })],
      bob,
    );
    expect([found.memories, forgotten.outcome]).toEqual([[], 'not_found']);
    expect((await bob.get('/v1/memory/export')).body.memories).toEqual([]);
    expect((await bob.get('/v1/memory/export?user=user:ann')).status).toBe(403);
    expect((await bob.delete('/v1/memory?user=user:ann')).status).toBe(403);
  });

  test('exports and deletes all of it, and so does the operator', async () => {
    const eve = await callerAs('eve', 'storage:memory:*');
    await answers([remember('Eve sings'), remember('Eve dances')], eve);
    const { body } = await api.get('/v1/memory/export?user=user:eve');
    expect(textsOf(body)).toEqual(['Eve sings', 'Eve dances']);
    expect(body.memories[0]).toMatchObject({
      label: { integrity: 'trusted' },
      source: { tool: 'memory-remember', callKey: expect.stringMatching(/\/0\/0$/) },
    });
    expect((await eve.delete('/v1/memory')).body).toEqual({ erased: 2 });
    expect((await eve.get('/v1/memory/export')).body.memories).toEqual([]);
    expect(textsOf((await answers([recall('eve')], eve))[0])).toEqual([]);
    await eventually(async () => {
      const audit = await api.get('/v1/audit?action=memory-erased&limit=10');
      expect(audit.body.records.at(-1).event).toMatchObject({ actor: 'user:eve', count: 2 });
    });
  });

  test('needs the capability to read, or to write', async () => {
    const reader = await callerAs('reader', 'storage:memory:read');
    const [denied] = await answers([remember('Mine')], reader);
    expect(denied.denied).toBeDefined();
    expect((await reader.delete('/v1/memory')).status).toBe(403);
    const writer = await callerAs('writer', 'storage:memory:write');
    expect((await answers([recall('mine')], writer))[0].denied).toBeDefined();
    expect((await writer.get('/v1/memory/export')).status).toBe(403);
  });
});

describe('with vectors', () => {
  const MODEL = 'compatible/embed';
  const embeddings = (model?: string) =>
    changePolicy(api, { memory: { enabled: true, ...(model && { embeddings: model }) } });
  const inputs = () =>
    provider.asked.flatMap(({ body }) => (body as unknown as { input: string[] }).input);

  /** Two places: whether a text is about animals, and whether it is about money. */
  const answerVectors = () => {
    provider.answer = (body, response) => {
      const { input } = body as unknown as { input: string[] };
      const about = (text: string, words: RegExp) => (words.test(text) ? 1 : 0.05);
      const data = input.map((text, index) => ({
        index,
        embedding: [about(text, /dog|hound|pet/i), about(text, /rent|loan|debt/i)],
      }));
      response.writeHead(200, { 'Content-Type': 'application/json' });
      response.end(JSON.stringify({ data, usage: { prompt_tokens: 3, total_tokens: 3 } }));
    };
  };

  test('of the gateway itself, what is written alike is recalled too', async () => {
    const ida = await callerAs('ida', 'storage:memory:*');
    await answers([remember('Invoices are preferred as PDF'), remember('The dog barks')], ida);
    const [before] = await answers([recall('prefered invocies')], ida);
    expect(textsOf(before)).toEqual([]);
    await embeddings('embedded/lexical');
    // What was there before gets its vectors after the first answer, which does not wait for them.
    await vi.waitFor(
      async () => {
        const [found] = await answers([recall('prefered invocies')], ida);
        expect(textsOf(found)).toEqual(['Invoices are preferred as PDF']);
      },
      { timeout: 20_000 },
    );
    expect(provider.asked).toEqual([]);
  });

  test('of a provider, what means alike is recalled too, under the capability for it', async () => {
    answerVectors();
    await embeddings(MODEL);
    const kim = await callerAs('kim', 'storage:memory:*', `provider:embedding:${MODEL}`);
    await answers([remember('The dog barks'), remember('The rent is due')], kim);
    expect(inputs()).toEqual(['The dog barks', 'The rent is due']);
    const [found] = await answers([recall('hounds')], kim);
    expect(textsOf(found)).toEqual(['The dog barks']);

    provider.asked.length = 0;
    const lee = await callerAs('lee', 'storage:memory:*');
    await answers([remember('The dog barks')], lee);
    expect(textsOf((await answers([recall('hounds')], lee))[0])).toEqual([]);
    expect(textsOf((await answers([recall('dog')], lee))[0])).toEqual(['The dog barks']);
    expect(provider.asked).toEqual([]);
  });

  test('goes on by words alone while the provider fails', async () => {
    provider.answer = (_, response) => refuse(response, 400);
    const max = await callerAs('max', 'storage:memory:*', `provider:embedding:${MODEL}`);
    const [stored] = await answers([remember('The loan is paid')], max);
    expect(stored.kind).toBe('remembered');
    expect(textsOf((await answers([recall('loan')], max))[0])).toEqual(['The loan is paid']);
    answerVectors();
    await vi.waitFor(
      async () => {
        const [found] = await answers([recall('debts')], max);
        expect(textsOf(found)).toEqual(['The loan is paid']);
      },
      { timeout: 20_000 },
    );
    await embeddings();
  });
});

describe('a long conversation', () => {
  const MODEL = 'compatible/talk';
  const sentAt = (index: number) => provider.asked.at(index)?.body.messages ?? [];

  test('is shown to its model shortened, once there was time for it, and stays whole', async () => {
    const window = { messages: 6, characters: 100_000 };
    await changePolicy(api, { memory: { enabled: true, window } });
    let answer = 0;
    provider.asked.length = 0;
    provider.answer = (_, response) => streamText(response, `Answer ${++answer}. And so on.`);
    const session = await api.session();
    const say = (text: string) => api.turn(session, text, MODEL);
    for (let turn = 1; turn <= 4; turn++) await say(`Question ${turn}? More of it.`);
    // Until it is shortened it is shown as it is.
    let turn = 4;
    await vi.waitFor(
      async () => {
        await say(`Question ${++turn}? More of it.`);
        const [first] = sentAt(-1);
        expect(JSON.stringify(first)).toContain('Earlier in this conversation');
      },
      { timeout: 30_000, interval: 1_000 },
    );
    const [summary, ...rest] = sentAt(-1);
    const shortened = JSON.stringify(summary);
    expect(shortened).toContain('- User: Question 1?');
    expect(shortened).toContain('- Assistant: Answer 1.');
    expect(shortened).not.toContain('More of it');
    expect(rest.length).toBeLessThan(2 * turn - 1);
    expect(JSON.stringify(rest.at(-1))).toContain(`Question ${turn}?`);
    const { body } = await api.get(`/v1/sessions/${session}/messages?limit=200`);
    expect(body.messages).toHaveLength(2 * turn);
    expect(body.messages[0].content).toBe('Question 1? More of it.');

    const find = async (text: string, by = api) =>
      (await by.get(`/v1/sessions/${session}/messages?search=${encodeURIComponent(text)}&limit=2`))
        .body;
    expect(await find('ANSWER* 2')).toMatchObject({
      messages: [{ role: 'assistant', content: 'Answer 2. And so on.', seq: 4 }, {}],
    });
    expect((await find('nowhere')).messages).toEqual([]);
    await say('The zebra was not there before');
    expect((await find('zebr')).messages).toHaveLength(1);
  });

  test('is searched by its model, and no other conversation is', async () => {
    provider.answer = (_, response) => streamText(response, 'Noted.');
    const session = await api.session();
    await api.turn(session, 'The heron stands in the reeds', MODEL);
    const search = async (of: string) => {
      const step = call('memory-search', { query: 'HERON' });
      await api.turn(of, script(step, { text: 'done' }), SCRIPT_MODEL);
      const { body } = await api.get(`/v1/sessions/${of}/messages`);
      const { content, label } = body.messages.find(
        ({ role }: { role: string }) => role === 'tool',
      );
      return { label, found: JSON.parse(content).messages };
    };
    const { found, label } = await search(session);
    expect(found).toContainEqual({
      ...{ seq: 1, role: 'user', text: 'The heron stands in the reeds', integrity: 'trusted' },
    });
    expect(label).toMatchObject({ integrity: 'trusted' });
    const elsewhere = await search(await api.session());
    expect(JSON.stringify(elsewhere.found)).not.toContain('reeds');
  });
});

test('it is there after a crash', async () => {
  await answers([remember('The mill burned down')]);
  await gateway.kill();
  await gateway.restart();
  expect(textsOf((await answers([recall('mill')]))[0])).toEqual(['The mill burned down']);
});
