/** Memory over HTTP: what one conversation remembers, another recalls; its owner reads and deletes it. */

import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type Api, callApi, SCRIPT_MODEL, script } from '../support/api.ts';
import { changePolicy } from '../support/approvals.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';

let gateway: Gateway;
let api: Api;

beforeAll(async () => {
  gateway = await startGateway();
  api = callApi(gateway);
});
afterAll(() => gateway?.dispose());

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
    expect.arrayContaining(['memory-remember', 'memory-recall', 'memory-forget']),
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
    await vi.waitFor(async () => {
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

test('it is there after a crash', async () => {
  await answers([remember('The mill burned down')]);
  await gateway.kill();
  await gateway.restart();
  expect(textsOf((await answers([recall('mill')]))[0])).toEqual(['The mill burned down']);
});
