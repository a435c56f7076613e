/** From a platform's webhook to one turn and one reply, over HTTP against stand-ins. */

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Api, callApi } from '../support/api.ts';
import { type StandIn, startStandIn } from '../support/channel-standins.ts';
import {
  discordWebhook,
  type Said,
  type SignedWebhook,
  signForDiscord,
  signForSlack,
  signForWhatsapp,
  slackWebhook,
  standardWebhook,
  teamsWebhook,
  telegramWebhook,
  WHATSAPP_CREDENTIALS,
  whatsappWebhook,
} from '../support/channel-webhooks.ts';
import {
  channelOrder,
  deliver,
  eventually,
  exempt,
  says,
  type TestPlatform,
} from '../support/channels.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';

const WEBHOOKS: Record<TestPlatform, (said: Said) => SignedWebhook> = {
  webhook: standardWebhook,
  telegram: telegramWebhook,
  slack: slackWebhook,
  discord: discordWebhook,
  whatsapp: whatsappWebhook,
  teams: (said) => teamsWebhook(said, `${standIn.url}/teams/emea/`),
};
const PLATFORMS = Object.keys(WEBHOOKS) as TestPlatform[];

let gateway: Gateway;
let api: Api;
let standIn: StandIn;

beforeAll(async () => {
  [gateway, standIn] = await Promise.all([startGateway({ examples: false }), startStandIn()]);
  api = callApi(gateway);
  await exempt(api, standIn);
  for (const platform of PLATFORMS) {
    const { status } = await api.post('/v1/channels', channelOrder(standIn, platform));
    expect([platform, status]).toEqual([platform, 201]);
  }
});
afterAll(async () => {
  await gateway?.dispose();
  await standIn?.close();
});
beforeEach(() => {
  standIn.delivered.length = 0;
});

const find = async (name: string) => (await api.get(`/v1/channels/${name}`)).body;
const texts = () => standIn.delivered.map(({ text }) => text);

describe.each(PLATFORMS)('%s', (platform) => {
  test('a message has one turn and one reply, however often it is delivered', async () => {
    const webhook = WEBHOOKS[platform]({ id: '4242', text: says(`hello from ${platform}`) });
    const answers = [];
    for (let n = 0; n < 3; n++) answers.push(await deliver(gateway, platform, webhook));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    await eventually(() => expect(texts()).toEqual([`hello from ${platform}`]));
    expect((await deliver(gateway, platform, webhook)).status).toBe(200);
    const { updates, replies } = await find(platform);
    expect(updates).toEqual([expect.objectContaining({ status: 'answered' })]);
    await eventually(async () => {
      const [reply] = (await find(platform)).replies;
      expect(reply).toMatchObject({ status: 'sent', attempts: 1 });
    });
    expect(replies).toHaveLength(1);
    const { body } = await api.get(`/v1/sessions/${updates[0].sessionId}`);
    expect(body.turns).toBe(1);
  });

  test('a reply that is too long for one message comes in several, in order and whole', async () => {
    const long = Array.from({ length: 3_000 }, (_, n) => `word${n}`).join(' ');
    await deliver(gateway, platform, WEBHOOKS[platform]({ id: '4243', text: says(long) }));
    await eventually(() => expect(texts().join('')).toBe(long));
    expect(texts().length).toBeGreaterThan(1);
  });
});

describe('a message that answers nobody', () => {
  const say = (platform: TestPlatform, message: object, key?: string) =>
    api.post(`/v1/channels/${platform}/messages`, message, key ? { 'Idempotency-Key': key } : {});

  test.each<TestPlatform>(['webhook', 'telegram', 'slack', 'whatsapp'])(
    'goes to its chat on %s, once',
    async (platform) => {
      const message = { chat: '4711', text: `good morning, ${platform}` };
      const said = await say(platform, message, `morning-${platform}`);
      expect([said.status, said.body.status]).toEqual([202, 'pending']);
      const again = await say(platform, message, `morning-${platform}`);
      expect(again.body.reply).toBe(said.body.reply);
      await eventually(async () => {
        const { replies } = await find(platform);
        const reply = replies.find(({ id }: { id: string }) => id === said.body.reply);
        expect(reply?.status).toBe('sent');
      });
      expect(standIn.delivered.map(({ chat, text }) => [chat, text])).toEqual([
        [message.chat, message.text],
      ]);
    },
  );

  test('goes to a public channel of Telegram by its name', async () => {
    expect((await say('telegram', { chat: '@news', text: 'good evening' })).status).toBe(202);
    await eventually(() =>
      expect(standIn.delivered).toMatchObject([{ chat: '@news', text: 'good evening' }]),
    );
  });

  test.each<TestPlatform>(['discord', 'teams'])(
    'is refused on %s, which only answers',
    async (platform) => {
      const said = await say(platform, { chat: '4711', text: 'good morning' });
      expect([said.status, said.body.code]).toEqual([409, 'conflict']);
    },
  );
});

test('a sender sees that his message was taken, where the platform shows it', async () => {
  const wanted = {
    ...{ telegram: ['typing', 'reaction'], slack: ['reaction'], whatsapp: ['typing', 'reaction'] },
    ...{ webhook: ['typing'], teams: ['typing'] },
  } as const;
  for (const platform of ['telegram', 'slack', 'whatsapp', 'webhook', 'teams'] as const) {
    const name = `${platform}-signs`;
    const order = channelOrder(standIn, platform, { name, signs: wanted[platform] });
    const made = await api.post('/v1/channels', order);
    expect([platform, made.status]).toEqual([platform, 201]);
    const said = { id: platform === 'whatsapp' ? 'wamid.7' : '77', text: says(name) };
    expect((await deliver(gateway, name, WEBHOOKS[platform](said))).status).toBe(200);
  }
  const kinds = () => standIn.signs.map((sign) => sign.split(' ', 2).join(' ')).sort();
  const expected = Object.entries(wanted).flatMap(([name, all]) =>
    all.map((one) => `${name} ${one}`),
  );
  await eventually(() => expect(kinds()).toEqual(expected.sort()));
  await eventually(() => expect(texts().filter((text) => text.endsWith('-signs'))).toHaveLength(5));
});

describe('handshakes', () => {
  test('of Slack: the challenge is said back, if it is signed', async () => {
    const body = JSON.stringify({ type: 'url_verification', challenge: '3eZbrw1aB10', token: 'x' });
    const answer = await deliver(gateway, 'slack', signForSlack(body));
    expect([answer.status, answer.text]).toEqual([200, '3eZbrw1aB10']);
  });

  test('of Discord: a ping has a pong, and a command a deferred answer', async () => {
    const ping = await deliver(gateway, 'discord', signForDiscord({ type: 1 }));
    expect([ping.status, JSON.parse(ping.text)]).toEqual([200, { type: 1 }]);
    const command = discordWebhook({ id: '77', text: says('later') });
    expect(JSON.parse((await deliver(gateway, 'discord', command)).text)).toEqual({ type: 5 });
    await eventually(() => expect(texts()).toEqual(['later']));
  });

  test('of WhatsApp: the challenge is said back for the right verify token alone', async () => {
    const ask = (token: string) =>
      fetch(
        `${gateway.url}/v1/webhooks/default/whatsapp?hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=${token}`,
      );
    const right = await ask(WHATSAPP_CREDENTIALS.verifyToken);
    expect([right.status, await right.text()]).toEqual([200, '1158201444']);
    expect((await ask('typed-into-another-dashboard')).status).toBe(401);
  });
});

test('what grows by being escaped for Slack is as short as Slack wants it', async () => {
  const written = (text: string) =>
    text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  const tags = Array.from({ length: 900 }, (_, n) => `<b>&${n}</b>`).join(' ');
  await deliver(gateway, 'slack', slackWebhook({ id: '1.90', text: written(says(tags)) }));
  await eventually(() => expect(texts().join('')).toBe(written(tags)));
});

describe('a command on Discord', () => {
  const make = async (name: string, change: object) => {
    const order = channelOrder(standIn, 'discord', { name, ...change });
    expect((await api.post('/v1/channels', order)).status).toBe(201);
  };
  const answerOf = async (name: string, webhook: SignedWebhook) =>
    JSON.parse((await deliver(gateway, name, webhook)).text);
  /** To the user alone, so that nobody waits for more. */
  const notTaken = { type: 4, data: { flags: 64, content: 'That is not answered here.' } };

  test('that is refused is told so at once, and does not stay "thinking"', async () => {
    await make('discord-asks', { access: { mode: 'pair-on-request' } });
    await make('discord-elsewhere', { chats: ['6'] });
    const bindings = [{ chats: ['5'], workspace: 'nowhere', channel: 'branch' }];
    await make('discord-bound', { bindings });
    await make('discord-slow', { senderRate: { calls: 1, periodMs: 600_000 } });
    const said = (id: string) => discordWebhook({ id, text: says(`taken ${id}`) });
    expect(await answerOf('discord-asks', said('79'))).toEqual({ type: 5 });
    expect(await answerOf('discord-asks', said('80'))).toMatchObject(notTaken);
    expect(await answerOf('discord-elsewhere', said('81'))).toMatchObject(notTaken);
    expect(await answerOf('discord-bound', said('81'))).toMatchObject(notTaken);
    expect(await answerOf('discord-slow', said('82'))).toEqual({ type: 5 });
    expect(await answerOf('discord-slow', said('83'))).toMatchObject(notTaken);
    await eventually(() =>
      expect(texts().sort()).toEqual([expect.stringMatching(/must approve/), 'taken 82']),
    );
  });

  test('has an answer also where the model says nothing', async () => {
    expect(await answerOf('discord', discordWebhook({ id: '84', text: says('') }))).toEqual({
      type: 5,
    });
    await eventually(() => expect(texts()).toEqual(['There is nothing to say to that.']));
  });

  test('is answered also where the answer is there before Discord knows that one will come', async () => {
    const body = { message: 'Unknown Webhook', code: 10_015 };
    standIn.mishaps.push({ kind: 'status', of: 'too early', status: 404, body });
    await deliver(gateway, 'discord', discordWebhook({ id: '86', text: says('too early') }));
    await eventually(() => expect(texts()).toEqual(['too early']));
    const late = { message: 'Unknown Message', code: 10_008 };
    standIn.mishaps.push({ kind: 'status', of: 'too late', status: 404, body: late });
    await deliver(gateway, 'discord', discordWebhook({ id: '87', text: says('too late') }));
    await eventually(async () => {
      const [reply] = (await find('discord')).replies;
      expect(reply).toMatchObject({ updateId: '87', status: 'failed', code: 'http_404' });
    });
  });

  test('whose answer holds a long block of code shows all of it as code', async () => {
    const code = Array.from({ length: 400 }, (_, n) => `line ${n}`).join('\n');
    const webhook = discordWebhook({ id: '89', text: says(`\`\`\`js\n${code}\n\`\`\``) });
    await deliver(gateway, 'discord', webhook);
    await eventually(() => expect(texts().join('\n')).toContain('line 399'));
    expect(texts().length).toBeGreaterThan(1);
    for (const text of texts()) expect(text.match(/^```/gm)).toHaveLength(2);
  });
});

describe('on WhatsApp', () => {
  const write = (said: Said, change: object) => {
    const notification = JSON.parse(whatsappWebhook(said).body);
    Object.assign(notification.entry[0].changes[0].value.messages[0], change);
    return signForWhatsapp(JSON.stringify(notification));
  };
  const addressed = () => standIn.delivered.map(({ chat, text }) => [chat, text]);
  const group_id = 'Y2FwaV9ncm91cDoxNzA1NTU1MDEzOToxMjAzNjM0MDQ2OTQyMzM4MjAZD';

  test('what is written in a group is answered in the group, and not to its sender', async () => {
    const inGroup = write({ id: 'wamid.g1', text: says('to all') }, { group_id });
    expect((await deliver(gateway, 'whatsapp', inGroup)).status).toBe(200);
    await eventually(() => expect(addressed()).toEqual([[group_id, 'to all']]));
  });

  test('a code that joins accounts is not told in a group', async () => {
    const order = channelOrder(standIn, 'whatsapp', { name: 'whatsapp-linking', linking: true });
    expect((await api.post('/v1/channels', order)).status).toBe(201);
    await deliver(gateway, order.name, write({ id: 'wamid.g2', text: '/link' }, { group_id }));
    await eventually(() =>
      expect(addressed()).toEqual([[group_id, expect.stringContaining('private chat only')]]),
    );
  });

  test('who hides his number is heard, and answered by the id that he has instead', async () => {
    const from_user_id = 'US.13491208655302741918';
    const hidden = { from: undefined, from_user_id };
    await deliver(gateway, 'whatsapp', write({ id: 'wamid.u1', text: says('to you') }, hidden));
    await eventually(() => expect(addressed()).toEqual([[from_user_id, 'to you']]));
  });

  test('a rate that is used up, which comes as 400, is waited for', async () => {
    const error = { message: '(#131056) pair rate limit hit', code: 131_056 };
    standIn.mishaps.push({ kind: 'status', of: 'in a while', status: 400, body: { error } });
    await deliver(
      gateway,
      'whatsapp',
      whatsappWebhook({ id: 'wamid.r', text: says('in a while') }),
    );
    await eventually(() => expect(texts()).toEqual(['in a while']));
  });

  test('what was taken and did not arrive does not stand as sent', async () => {
    await deliver(gateway, 'whatsapp', whatsappWebhook({ id: 'wamid.f', text: says('too late') }));
    const replyTo = async () =>
      (await find('whatsapp')).replies.find(
        ({ updateId }: { updateId: string }) => updateId === 'wamid.f',
      );
    const { receipt } = await eventually(async () => {
      const reply = await replyTo();
      expect(reply).toMatchObject({ status: 'sent', receipt: expect.any(String) });
      return reply;
    });
    const failed = whatsappStatuses([
      { id: 'wamid.of-another', ...TOO_LATE },
      { id: receipt, status: 'delivered' },
      { id: receipt, ...TOO_LATE },
    ]);
    for (let n = 0; n < 2; n++) {
      expect((await deliver(gateway, 'whatsapp', failed)).status).toBe(200);
    }
    expect(await replyTo()).toMatchObject({ status: 'failed', code: 'error_131047' });
  });

  test('nor does what the platform has said so of before it has answered', async () => {
    standIn.mishaps.push({
      ...{ kind: 'late', of: 'overtaken' },
      before: async (answer) => {
        const [{ id }] = (answer as { messages: [{ id: string }] }).messages;
        await deliver(gateway, 'whatsapp', whatsappStatuses([{ id, ...TOO_LATE }]));
      },
    });
    const written = whatsappWebhook({ id: 'wamid.o', text: says('overtaken') });
    await deliver(gateway, 'whatsapp', written);
    await eventually(async () => {
      const { replies } = await find('whatsapp');
      expect(replies).toContainEqual(
        expect.objectContaining({ updateId: 'wamid.o', status: 'failed', code: 'error_131047' }),
      );
    });
  });
});

const TOO_LATE = {
  status: 'failed',
  errors: [{ code: 131_047, title: 'Re-engagement message' }],
};

function whatsappStatuses(statuses: readonly object[]): SignedWebhook {
  const notification = JSON.parse(whatsappWebhook({ text: '' }).body);
  Object.assign(notification.entry[0].changes[0].value, { messages: undefined, statuses });
  return signForWhatsapp(JSON.stringify(notification));
}

test('a group of Telegram that becomes a supergroup stays the chat that it was', async () => {
  const order = { name: 'group', chats: ['-77'], session: 'chat' };
  const made = await api.post('/v1/channels', channelOrder(standIn, 'telegram', order));
  expect(made.status).toBe(201);
  const say = async (id: string, chat: string, text: string) => {
    await deliver(gateway, 'group', telegramWebhook({ id, chat, text: says(text) }));
    await eventually(() => expect(texts()).toContain(text));
    return standIn.delivered.find((one) => one.text === text)?.chat;
  };
  expect(await say('1', '-77', 'as a group')).toBe('-77');
  const notice = migration({ id: '2', from: '-77', to: '-10077' });
  expect((await deliver(gateway, 'group', notice)).status).toBe(200);
  expect(await say('3', '-10077', 'as a supergroup')).toBe('-10077');
  const sessions = async () => {
    const { records } = (await api.get('/v1/audit?action=turn-admitted&limit=500')).body;
    const own = records.filter(({ event }: { event: { actor: string } }) =>
      event.actor.startsWith('channel:group'),
    );
    return own.map(({ event }: { event: { sessionId: string } }) => event.sessionId);
  };
  const [first, second] = await eventually(async () => {
    const all = await sessions();
    expect(all).toHaveLength(2);
    return all;
  });
  expect(second).toBe(first);
  const said = { chat: '-77', text: 'by its first name' };
  expect((await api.post('/v1/channels/group/messages', said)).status).toBe(202);
  await eventually(() =>
    expect(standIn.delivered).toContainEqual(
      expect.objectContaining({ text: said.text, chat: '-10077' }),
    ),
  );
});

/** core.telegram.org/bots/api#message: said in the group; there is nothing else in it. */
function migration({ id, from, to }: Record<'id' | 'from' | 'to', string>): SignedWebhook {
  const { body, ...rest } = telegramWebhook({ id, chat: from, text: '' });
  const notice = JSON.parse(body);
  Object.assign(notice.message, { text: undefined, migrate_to_chat_id: Number(to) });
  return { ...rest, body: JSON.stringify(notice) };
}

test('also where nobody heard of it, and its platform says so when something is sent', async () => {
  const order = { name: 'unheard', chats: ['-79'] };
  const made = await api.post('/v1/channels', channelOrder(standIn, 'telegram', order));
  expect(made.status).toBe(201);
  const [send, body] = ['/v1/channels/unheard/messages', { chat: '-79', text: 'where are you' }];
  const parameters = { migrate_to_chat_id: -10079 };
  const answer = { ok: false, error_code: 400, parameters };
  standIn.mishaps.push({ kind: 'status', of: body.text, status: 400, body: answer });
  expect((await api.post(send, body)).status).toBe(202);
  const arrived = { platform: 'telegram', chat: '-10079', text: body.text };
  await eventually(() => expect(standIn.delivered).toContainEqual(arrived));
  const said = telegramWebhook({ id: '1', chat: '-10079', text: says('over here') });
  await deliver(gateway, 'unheard', said);
  await eventually(() => expect(texts()).toContain('over here'));
});

test('no stand-in had anything to complain of', () => {
  expect(standIn.complaints).toEqual([]);
});

describe('what a platform answers', () => {
  const say = (id: string) => telegramWebhook({ id, text: says(`reply ${id}`) });
  const replyTo = async (id: string) => {
    const { replies } = await find('telegram');
    return replies.find(({ updateId }: { updateId: string }) => updateId === id);
  };

  test('429 is waited for, and then the reply is sent once', async () => {
    standIn.mishaps.push({
      kind: 'status',
      of: 'reply 501',
      status: 429,
      headers: { 'Retry-After': '1' },
    });
    await deliver(gateway, 'telegram', say('501'));
    await eventually(async () =>
      expect(await replyTo('501')).toMatchObject({ status: 'sent', attempts: 2 }),
    );
    expect(texts()).toEqual(['reply 501']);
  });

  test('a refusal ends the reply, and its owner can send it again', async () => {
    standIn.mishaps.push({ kind: 'status', of: 'reply 502', status: 403 });
    await deliver(gateway, 'telegram', say('502'));
    const failed = await eventually(async () => {
      const reply = await replyTo('502');
      expect(reply).toMatchObject({ status: 'failed', code: 'http_403' });
      return reply;
    });
    const resend = `/v1/channels/telegram/replies/${failed.id}/resend`;
    expect((await api.post(resend)).status).toBe(202);
    await eventually(async () => expect((await replyTo('502')).status).toBe('sent'));
    expect((await api.post(resend)).status).toBe(409);
    expect(texts()).toEqual(['reply 502']);
  });

  test('after a failure nobody knows, and nothing is sent again by itself', async () => {
    standIn.mishaps.push({ kind: 'status', of: 'reply 503', status: 502 });
    await deliver(gateway, 'telegram', say('503'));
    await eventually(async () => expect((await replyTo('503')).status).toBe('unknown'));
    expect(texts()).toEqual([]);
  });

  test('where the platform knows a key, a failed request is simply repeated', async () => {
    standIn.mishaps.push({ kind: 'status', of: 'again', status: 502 });
    await deliver(gateway, 'webhook', standardWebhook({ text: says('again') }));
    await eventually(() => expect(texts()).toEqual(['again']));
  });
});

test('a token of ours that a platform refuses is asked for anew, and the reply is sent', async () => {
  standIn.mishaps.push({ kind: 'status', of: 'held 505', status: 401 });
  for (const id of ['504', '505']) {
    await deliver(gateway, 'teams', WEBHOOKS.teams({ id, text: says(`held ${id}`) }));
    await eventually(() => expect(texts()).toContain(`held ${id}`));
  }
  await eventually(async () => {
    const [reply] = (await find('teams')).replies;
    expect(reply).toMatchObject({ updateId: 'a:1f2/505', status: 'sent', attempts: 2 });
  });
});

test('who cannot prove himself to Teams sends nothing, and who cannot read its keys takes nothing', async () => {
  const { credentials, connector, ...order } = channelOrder(standIn, 'teams');
  const wrong = { ...credentials, appPassword: 'the-secret-of-another-bot' };
  const nowhere = { ...connector, metadataUrl: `${standIn.url}/teams-sign-in/nothing-here` };
  const orders = [
    { ...order, name: 'unproved', connector, credentials: wrong },
    { ...order, name: 'keyless', connector: nowhere, credentials },
  ];
  for (const one of orders) expect((await api.post('/v1/channels', one)).status).toBe(201);
  const said = WEBHOOKS.teams({ id: '1', text: says('unheard') });
  expect((await deliver(gateway, 'keyless', said)).status).toBe(503);
  expect((await find('keyless')).updates).toEqual([]);
  expect((await deliver(gateway, 'unproved', said)).status).toBe(200);
  await eventually(async () => {
    const [reply] = (await find('unproved')).replies;
    expect(reply).toMatchObject({ status: 'failed', code: 'sign_in_refused', attempts: 1 });
  });
  expect(texts()).not.toContain('unheard');
});

describe('a channel', () => {
  test('takes no reply to a private address that policy does not exempt', async () => {
    const order = channelOrder(standIn, 'webhook', {
      name: 'inward',
      apiBase: 'http://127.0.0.1:1/webhook',
    });
    expect((await api.post('/v1/channels', order)).status).toBe(201);
    await deliver(gateway, 'inward', standardWebhook({ text: says('secret') }));
    await eventually(async () => {
      const [reply] = (await find('inward')).replies;
      expect(reply).toMatchObject({ status: 'failed', code: 'private_address', attempts: 0 });
    });
  });

  test('says that it is open to all, and tells its credentials to nobody', async () => {
    const { body } = await api.get('/v1/channels');
    expect(body.channels).toContainEqual(
      expect.objectContaining({ name: 'slack', warnings: ['open_channel'] }),
    );
    const told = JSON.stringify([body, await find('slack'), await find('discord')]);
    expect(told).not.toMatch(/xoxb|whsec|signingSecret|token_of/);
  });

  test('that is deleted takes nothing in any more', async () => {
    await api.post('/v1/channels', channelOrder(standIn, 'webhook', { name: 'short-lived' }));
    const webhook = standardWebhook({ text: says('too late') });
    expect((await api.delete('/v1/channels/short-lived')).status).toBe(204);
    expect((await deliver(gateway, 'short-lived', webhook)).status).toBe(401);
    expect((await api.get('/v1/channels/short-lived')).status).toBe(404);
  });

  test('stands on the record with what was sent', async () => {
    await eventually(async () => {
      const { body } = await api.get('/v1/audit?action=channel-reply&limit=200');
      const reasons = body.records.map(({ event }: { event: { reason: string } }) => event.reason);
      expect(new Set(reasons)).toEqual(
        new Set([
          ...['sent', 'unknown', 'http_403', 'private_address', 'sign_in_refused'],
          ...['http_404', 'error_131047'],
        ]),
      );
    });
    expect((await api.get('/v1/audit/verify')).body.ok).toBe(true);
  });
});

describe('a chat that is bound to another workspace', () => {
  test('is judged, answered and paid for there alone, by its own credentials', async () => {
    expect((await api.put('/v1/workspaces/acme', {})).status).toBe(200);
    const subject = { kind: 'user', id: 'acme' };
    const grants = ['channel:*', 'provider:llm:call:embedded/*', 'session:*', 'system:*'];
    const issued = await api.post('/v1/tokens', { subject, grants, workspace: 'acme' });
    expect(issued.status).toBe(201);
    const acme = callApi(gateway, issued.body.token);
    const { body } = await acme.get('/v1/workspaces/acme');
    const policy = { ...body.policy, privateHosts: [standIn.hostAndPort] };
    expect((await acme.put('/v1/workspaces/acme', { policy })).status).toBe(200);
    const there = channelOrder(standIn, 'telegram', { name: 'branch' });
    expect((await acme.post('/v1/channels', there)).status).toBe(201);
    const discord = channelOrder(standIn, 'discord', { name: 'discord-branch' });
    expect((await acme.post('/v1/channels', discord)).status).toBe(201);
    const stranger = { ...there, name: 'stranger' };
    const secretToken = 'another-secret-than-that-of-the-bot';
    const credentials = { ...there.credentials, secretToken };
    expect((await acme.post('/v1/channels', { ...stranger, credentials })).status).toBe(201);
    const bindings = [
      { chats: ['77'], workspace: 'acme', channel: 'branch' },
      { chats: ['78'], workspace: 'acme', channel: 'stranger' },
      { chats: ['79'], workspace: 'nowhere', channel: 'branch' },
    ];
    const hub = channelOrder(standIn, 'telegram', { name: 'hub', bindings });
    expect((await api.post('/v1/channels', hub)).status).toBe(201);

    const name = 'discord-hub';
    const answers = [{ chats: ['5'], workspace: 'acme', channel: 'discord-branch' }];
    const discordHub = channelOrder(standIn, 'discord', { name, bindings: answers });
    expect((await api.post('/v1/channels', discordHub)).status).toBe(201);
    const command = discordWebhook({ id: '91', chat: '5', text: says('of the branch') });
    expect(JSON.parse((await deliver(gateway, name, command)).text)).toEqual({ type: 5 });
    await eventually(() => expect(texts()).toEqual(['of the branch']));

    const ofBranch = channelOrder(standIn, 'whatsapp', { name: 'whatsapp-branch' });
    expect((await acme.post('/v1/channels', ofBranch)).status).toBe(201);
    const bound = [{ chats: ['15550000077'], workspace: 'acme', channel: ofBranch.name }];
    const whatsappHub = channelOrder(standIn, 'whatsapp', {
      name: 'whatsapp-hub',
      bindings: bound,
    });
    expect((await api.post('/v1/channels', whatsappHub)).status).toBe(201);
    const written = whatsappWebhook({ sender: '15550000077', text: says('to the branch') });
    expect((await deliver(gateway, whatsappHub.name, written)).status).toBe(200);
    const reply = () =>
      acme.get(`/v1/channels/${ofBranch.name}`).then(({ body }) => body.replies[0]);
    const { receipt } = await eventually(async () => {
      const sent = await reply();
      expect(sent?.status).toBe('sent');
      return sent;
    });
    const failed = whatsappStatuses([{ id: receipt, ...TOO_LATE }]);
    expect((await deliver(gateway, whatsappHub.name, failed)).status).toBe(200);
    expect(await reply()).toMatchObject({ status: 'failed', code: 'error_131047' });

    const sentIn = () => texts().filter((text) => text.startsWith('in '));
    const send = (id: string, chat: string) =>
      deliver(gateway, 'hub', telegramWebhook({ id, chat, text: says(`in ${chat}`) }));
    for (const [id, chat] of [
      ['1', '76'],
      ['2', '77'],
      ['2', '77'],
      ['3', '78'],
      ['4', '79'],
    ] as const) {
      expect((await send(id, chat)).status).toBe(200);
    }
    await eventually(() => expect(sentIn().sort()).toEqual(['in 76', 'in 77']));
    const idsAt = async (at: Api, name: string) =>
      (await at.get(`/v1/channels/${name}`)).body.updates.map(
        ({ updateId, code }: { updateId: string; code?: string }) => [updateId, code],
      );
    expect(await idsAt(acme, 'branch')).toEqual([['2', undefined]]);
    expect(await idsAt(acme, 'stranger')).toEqual([]);
    // A group that is another one's stays that when it becomes a supergroup.
    const notice = migration({ id: '5', from: '77', to: '-10077' });
    expect((await deliver(gateway, 'hub', notice)).status).toBe(200);
    expect((await send('6', '-10077')).status).toBe(200);
    await eventually(() => expect(sentIn()).toContain('in -10077'));
    expect((await idsAt(acme, 'branch'))[0]).toEqual(['6', undefined]);
    const aside = { chat: '-10077', text: 'not from here' };
    expect((await api.post('/v1/channels/hub/messages', aside)).status).toBe(409);
    const refused = 'binding_refused';
    expect(await idsAt(api, 'hub')).toEqual([
      ['4', refused],
      ['3', refused],
      ['1', undefined],
    ]);
  });
});
