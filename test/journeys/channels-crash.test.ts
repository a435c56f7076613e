/** The gateway is killed between any two steps: one turn for each update, no reply doubled or lost. */

import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type Api, callApi } from '../support/api.ts';
import { type StandIn, startStandIn } from '../support/channel-standins.ts';
import { standardWebhook, telegramWebhook } from '../support/channel-webhooks.ts';
import { channelOrder, deliver, eventually, exempt, says } from '../support/channels.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';

let gateway: Gateway;
let api: Api;
let standIn: StandIn;

beforeAll(async () => {
  const env = { SALLYPORT_LEASE_MS: '1000' };
  [gateway, standIn] = await Promise.all([startGateway({ examples: false, env }), startStandIn()]);
  api = callApi(gateway);
  await exempt(api, standIn);
  for (const platform of ['webhook', 'telegram'] as const) {
    expect((await api.post('/v1/channels', channelOrder(standIn, platform))).status).toBe(201);
  }
});
afterAll(async () => {
  await gateway?.dispose();
  await standIn?.close();
});
beforeEach(() => {
  standIn.delivered.length = 0;
});

const texts = () => standIn.delivered.map(({ text }) => text);
const find = async (name: string) => (await api.get(`/v1/channels/${name}`)).body;
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

const crash = async () => {
  await gateway.kill();
  await gateway.restart();
};

/** What the scripted model says after a while. */
const saysLate = (text: string, delayMs: number) => JSON.stringify({ script: [{ text, delayMs }] });

test('killed between any two steps of an update: each goes on where it was', async () => {
  standIn.mishaps.push({ kind: 'silence', of: 'unkeyed' }, { kind: 'silence', of: 'keyed reply' });
  const telegram = (id: string, text: string) =>
    deliver(gateway, 'telegram', telegramWebhook({ id, sender: id, text }));
  const replyTo = async (channel: string, id: string) =>
    (await find(channel)).replies.find(({ updateId }: { updateId: string }) => updateId === id);

  await telegram('3', says('unkeyed'));
  await deliver(gateway, 'webhook', standardWebhook({ id: 'k1', text: says('keyed reply') }));
  await eventually(() => expect(texts().sort()).toEqual(['keyed reply', 'unkeyed']));
  await telegram('2', saysLate('within the turn', 1_500));
  await pause(500);
  const early = { id: 'k2', sender: 'bob', chat: 'other', text: says('before the turn') };
  await deliver(gateway, 'webhook', standardWebhook(early));
  await crash();
  expect((await telegram('2', saysLate('within the turn', 1_500))).status).toBe(200);

  await eventually(async () => {
    expect(await replyTo('webhook', 'k1')).toMatchObject({ status: 'sent', attempts: 2 });
    expect(await replyTo('webhook', 'k2')).toMatchObject({ status: 'sent' });
    expect(await replyTo('telegram', '2')).toMatchObject({ status: 'sent' });
  });
  const all = ['before the turn', 'keyed reply', 'unkeyed', 'within the turn'];
  expect(texts().sort()).toEqual(all);
  const { updates } = await find('telegram');
  for (const { sessionId } of updates) {
    expect((await api.get(`/v1/sessions/${sessionId}`)).body.turns).toBe(1);
  }

  const unknown = await replyTo('telegram', '3');
  expect(unknown).toMatchObject({ status: 'unknown', attempts: 1 });
  await eventually(async () => {
    const { body } = await api.get('/v1/audit?action=channel-reply&limit=200');
    const reasons = body.records.map(({ event }: { event: { reason: string } }) => event.reason);
    expect(reasons).toContain('unknown');
  });
  await api.post(`/v1/channels/telegram/replies/${unknown.id}/resend`);
  await eventually(() => expect(texts().sort()).toEqual([...all, 'unkeyed'].sort()));
});

test('killed again and again while updates pour in: every one is accounted for', async () => {
  const ids = Array.from({ length: 24 }, (_, n) => `${1_000 + n}`);
  const send = async (id: string) => {
    const sender = String(100 + (Number(id) % 8));
    const said = { id, sender, chat: sender, text: says(`reply ${id}`) };
    for (;;) {
      const answers = await Promise.allSettled([
        deliver(gateway, 'telegram', telegramWebhook(said)),
        deliver(gateway, 'webhook', standardWebhook(said)),
      ]);
      if (answers.every((each) => each.status === 'fulfilled' && each.value.status === 200)) return;
      await pause(50); // as a platform does that was not told 200
    }
  };
  const pouring = Promise.all(ids.map(send));
  for (const afterMs of [60, 250]) {
    await pause(afterMs);
    await crash();
  }
  await pouring;
  const settled = await eventually(async () => {
    const channels = [await find('telegram'), await find('webhook')];
    for (const { updates, replies } of channels) {
      expect(updates.filter(({ status }: { status: string }) => status !== 'answered')).toEqual([]);
      const open = ['pending', 'sending'];
      expect(replies.filter(({ status }: { status: string }) => open.includes(status))).toEqual([]);
    }
    return channels[0];
  });
  const unknown = new Set(
    settled.replies
      .filter(({ status }: { status: string }) => status === 'unknown')
      .map(({ updateId }: { updateId: string }) => updateId),
  );
  const sentBy = (platform: string, id: string) =>
    standIn.delivered.filter((one) => one.platform === platform && one.text === `reply ${id}`);
  for (const id of ids) {
    expect([id, sentBy('webhook', id).length]).toEqual([id, 1]);
    const sent = sentBy('telegram', id).length;
    expect([id, unknown.has(id) ? sent <= 1 : sent === 1]).toEqual([id, true]);
  }
  const sessions = new Set<string>(
    settled.updates.slice(0, ids.length).map(({ sessionId }: { sessionId: string }) => sessionId),
  );
  const turns = [];
  for (const session of sessions) turns.push((await api.get(`/v1/sessions/${session}`)).body.turns);
  expect(turns.reduce((sum, count) => sum + count, 0)).toBe(ids.length);
  expect((await api.get('/v1/audit/verify')).body.ok).toBe(true);
});

test('killed in the middle of a burst: what was told 200 has one turn, though nobody repeats it', async () => {
  const before = (await find('webhook')).counts;
  const ids = Array.from({ length: 80 }, (_, n) => `burst-${n}`);
  const accepted = new Set<string>();
  const send = async (id: string) => {
    const sender = `burst-${Number(id.slice(6)) % 12}`;
    const said = { id, sender, chat: sender, text: says(`reply ${id}`) };
    const { status } = await deliver(gateway, 'webhook', standardWebhook(said));
    if (status === 200) accepted.add(id);
    if (accepted.size === 40) await gateway.kill();
  };
  await Promise.allSettled(ids.map(send));
  await gateway.restart();
  expect(accepted.size).toBeGreaterThanOrEqual(40);
  const counts = await eventually(async () => {
    const { counts: now, replies } = await find('webhook');
    expect(now.waiting).toBe(0);
    const open = ['pending', 'sending'];
    expect(replies.filter(({ status }: { status: string }) => open.includes(status))).toEqual([]);
    return now;
  });
  const sent = new Map<string, number>();
  for (const { text } of standIn.delivered) sent.set(text, (sent.get(text) ?? 0) + 1);
  for (const id of accepted) expect([id, sent.get(`reply ${id}`)]).toEqual([id, 1]);
  for (const [text, times] of sent) expect([text, times]).toEqual([text, 1]);
  expect(counts.answered - before.answered).toBe(sent.size);
  expect(counts.refused).toBe(before.refused);
});
