/** What people in a channel have a model remember: it is theirs, and no other sender's nor the channel's maker's. */

import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Api, callApi } from '../support/api.ts';
import { changePolicy } from '../support/approvals.ts';
import { type StandIn, startStandIn } from '../support/channel-standins.ts';
import { standardWebhook } from '../support/channel-webhooks.ts';
import { channelOrder, deliver, eventually, exempt } from '../support/channels.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';

const SECRET = 'my locker is 4711';

let gateway: Gateway;
let api: Api;
let standIn: StandIn;

beforeAll(async () => {
  [gateway, standIn] = await Promise.all([startGateway({ examples: false }), startStandIn()]);
  api = callApi(gateway);
  await exempt(api, standIn);
  await changePolicy(api, { memory: { enabled: true } });
  const capabilities = ['provider:llm:*', 'tool:call:*', 'storage:memory:*'];
  const order = channelOrder(standIn, 'webhook', { capabilities });
  expect((await api.post('/v1/channels', order)).status).toBe(201);
});
afterAll(async () => {
  await gateway?.dispose();
  await standIn?.close();
});

/** Has the model make that call for the sender; its conversation, and under which name he is known. */
async function say(sender: string, tool: string, args: object) {
  const script = [{ toolCalls: [{ name: tool, arguments: args }] }, { text: 'done' }];
  const id = `${sender}-${tool}`;
  const text = JSON.stringify({ script });
  await deliver(gateway, 'webhook', standardWebhook({ id, sender, chat: sender, text }));
  return eventually(async () => {
    const { updates } = (await api.get('/v1/channels/webhook')).body;
    const update = updates.find(({ updateId }: { updateId: string }) => updateId === id);
    expect(update?.status).toBe('answered');
    const { body } = await api.get(`/v1/sessions/${update.sessionId}/messages`);
    const told = body.messages.filter(({ role }: { role: string }) => role === 'tool');
    return { user: `channel:${update.principal}`, told: JSON.stringify(told.at(-1)) };
  });
}

const exported = async (query = '') => {
  const { body } = await api.get(`/v1/memory/export${query}`);
  return body.memories.map(({ text }: { text: string }) => text);
};

test('a memory is its sender’s alone, and is exported and deleted under his name', async () => {
  const ann = await say('ann', 'memory-remember', { text: SECRET });
  expect(await exported()).toEqual([]);
  expect(await exported(`?user=${ann.user}`)).toEqual([SECRET]);
  const bob = await say('bob', 'memory-recall', { query: 'locker' });
  expect(bob.told).not.toContain('4711');
  expect((await say('ann', 'memory-recall', { query: 'locker' })).told).toContain('4711');
  expect((await api.delete(`/v1/memory?user=${bob.user}`)).body).toEqual({ erased: 0 });
  expect((await api.delete(`/v1/memory?user=${ann.user}`)).body).toEqual({ erased: 1 });
  expect(await exported(`?user=${ann.user}`)).toEqual([]);
});
