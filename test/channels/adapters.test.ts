import { createHmac, createPublicKey, timingSafeEqual, verify } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { SignatureTools, Webhook } from '../../src/channels/adapter.ts';
import { ADAPTERS } from '../../src/channels/adapters.ts';
import {
  DISCORD_CREDENTIALS,
  discordWebhook,
  type Said,
  type SignedWebhook,
  SLACK_CREDENTIALS,
  signForDiscord,
  signForSlack,
  slackWebhook,
  standardWebhook,
  TEAMS_CREDENTIALS,
  TEAMS_KEY,
  TELEGRAM_CREDENTIALS,
  teamsWebhook,
  telegramWebhook,
  WEBHOOK_CREDENTIALS,
  WHATSAPP_CREDENTIALS,
  whatsappWebhook,
} from '../support/channel-webhooks.ts';

const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');

const tools: SignatureTools = {
  hmacSha256: (key, parts) => {
    const mac = createHmac('sha256', key);
    for (const part of parts) mac.update(part);
    return mac.digest();
  },
  equal: (a, b) => a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b)),
  verifyEd25519: (key, message, signature) => {
    const der = Buffer.concat([SPKI_PREFIX, key]);
    return verify(
      null,
      message,
      createPublicKey({ key: der, format: 'der', type: 'spki' }),
      signature,
    );
  },
};

const KNOWN = {
  webhook: { credentials: WEBHOOK_CREDENTIALS, write: standardWebhook, timed: true },
  telegram: { credentials: TELEGRAM_CREDENTIALS, write: telegramWebhook, timed: false },
  slack: { credentials: SLACK_CREDENTIALS, write: slackWebhook, timed: true },
  discord: { credentials: DISCORD_CREDENTIALS, write: discordWebhook, timed: true },
  whatsapp: { credentials: WHATSAPP_CREDENTIALS, write: whatsappWebhook, timed: false },
  teams: {
    credentials: TEAMS_CREDENTIALS,
    write: (said: Said) => teamsWebhook(said),
    timed: false,
  },
} as const;

const NAMES = Object.keys(KNOWN) as (keyof typeof KNOWN)[];

const toWebhook = ({ body, headers }: SignedWebhook): Webhook => ({
  method: 'POST',
  headers: Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
  ),
  query: {},
  body: Buffer.from(body),
});

describe.each(NAMES)('%s', (name) => {
  const { credentials, write, timed } = KNOWN[name];
  const adapter = ADAPTERS[name];
  const context = (now = Date.now()) => ({
    ...{ credentials, tools, now, apiBase: adapter.apiBase ?? 'https://reply.example' },
    keys: [TEAMS_KEY],
  });
  /** The webhook is signed in this second or, on a slow machine, in the next. */
  const signedAt = Math.floor(Date.now() / 1_000) * 1_000;
  const webhook = toWebhook(write({ id: '41', text: 'hello' }));

  test('takes its own credentials, and none that are missing or stray', () => {
    expect(adapter.credentials.safeParse(credentials).success).toBe(true);
    expect(adapter.credentials.safeParse({ ...credentials, more: 'x' }).success).toBe(false);
    expect(adapter.credentials.safeParse({}).success).toBe(false);
  });

  test('verifies what the platform has signed, and reads one update from it', async () => {
    expect(await adapter.verify(webhook, context())).toBe(true);
    const read = adapter.read(webhook, context());
    expect(read).toMatchObject({ kind: 'updates', updates: [{ text: 'hello', isBot: false }] });
  });

  test('does not verify without a signature, or with that of another', async () => {
    const strip = (value: (text: string) => string) =>
      Object.fromEntries(
        Object.entries(webhook.headers).map(([header, text]) => [
          header,
          /signature$|ed25519|256|token|authorization/.test(header) ? value(text) : text,
        ]),
      );
    for (const value of [() => '', (text: string) => text.slice(0, -2), () => 'v0=00']) {
      expect(await adapter.verify({ ...webhook, headers: strip(value) }, context())).toBe(false);
    }
    expect(await adapter.verify({ ...webhook, headers: {} }, context())).toBe(false);
  });

  test.runIf(name !== 'telegram' && name !== 'teams')(
    'signs the raw body: a byte more or less is forged',
    () => {
      const longer = Buffer.concat([webhook.body, Buffer.from(' ')]);
      expect(adapter.verify({ ...webhook, body: longer }, context())).toBe(false);
      expect(adapter.verify({ ...webhook, body: webhook.body.subarray(1) }, context())).toBe(false);
    },
  );

  test.runIf(timed)('a recording is good for five minutes and no longer', () => {
    const [near, far] = [signedAt + 299_000, signedAt + 302_000];
    expect([near, far].map((now) => adapter.verify(webhook, context(now)))).toEqual([true, false]);
    expect(adapter.verify(webhook, context(signedAt - 302_000))).toBe(false);
  });

  test.each(['', '{', '[]', '{"a":1,"a":2}', 'null', '\u00ff'])('reads %j as nothing', (text) => {
    const read = adapter.read({ ...webhook, body: Buffer.from(text, 'latin1') }, context());
    expect(read.kind).toBe('malformed');
  });
});

describe('webhook', () => {
  const now = Date.now();
  const isVerified = (id: string, signatures: (signature: string) => string) => {
    const context = { credentials: WEBHOOK_CREDENTIALS, tools, now, apiBase: 'https://a.example' };
    const { body, headers } = standardWebhook({ id, text: 'hello' }, Math.floor(now / 1_000));
    const signature = signatures(headers['webhook-signature'] ?? '');
    const signed = { body, headers: { ...headers, 'webhook-signature': signature } };
    return ADAPTERS.webhook.verify(toWebhook(signed), context);
  };

  test('is verified by any of the signatures that a rotation brings, and few of them', () => {
    const others = (count: number) => `v1,${'A'.repeat(43)}= `.repeat(count);
    expect(isVerified('msg_1', (own) => `${own} ${others(1)}`)).toBe(true);
    expect(isVerified('msg_1', (own) => `${others(7)}${own}`)).toBe(true);
    expect(isVerified('msg_1', (own) => `${others(8)}${own}`)).toBe(false);
  });

  test('has an id that cannot run into what is signed after it', () => {
    expect(isVerified('aA0_-'.padEnd(128, 'a'), (own) => own)).toBe(true);
    for (const id of ['', 'a.1800000000', 'a b', 'a'.repeat(129)]) {
      expect(isVerified(id, (own) => own)).toBe(false);
    }
  });
});

describe('what a sender passes on', () => {
  const isForwarded = (platform: 'telegram' | 'whatsapp', change: object) => {
    const context = { tools, now: Date.now(), apiBase: 'https://reply.example' };
    const { credentials, write } = KNOWN[platform];
    const webhook = toWebhook(write({ text: 'hello' }));
    const body = JSON.parse(Buffer.from(webhook.body).toString());
    Object.assign(body.message ?? body.entry[0].changes[0].value.messages[0], change);
    const changed = { ...webhook, body: Buffer.from(JSON.stringify(body)) };
    const read = ADAPTERS[platform].read(changed, { ...context, credentials });
    return read.kind === 'updates' && read.updates[0]?.isForwarded;
  };

  test.each([
    ['telegram', {}, false],
    ['telegram', { forward_origin: { type: 'user', sender_user: { id: 9 } } }, true],
    ['whatsapp', {}, false],
    ['whatsapp', { context: { from: '1', id: 'wamid.0' } }, false],
    ['whatsapp', { context: { forwarded: true } }, true],
    ['whatsapp', { context: { frequently_forwarded: true } }, true],
  ] as const)('%s says by %j', (platform, change, expected) => {
    expect(isForwarded(platform, change)).toBe(expected);
  });
});

describe('discord', () => {
  const read = (said: object) => {
    const user = { id: '53908232506183680' };
    const data = { options: [{ type: 3, name: 'message', value: '/link' }] };
    const interaction = { type: 2, channel_id: '5', data, ...said };
    const webhook = toWebhook(signForDiscord({ ...interaction, user }));
    const context = { credentials: DISCORD_CREDENTIALS, tools, now: Date.now(), apiBase: 'x' };
    const received = ADAPTERS.discord.read(webhook, context);
    return received.kind === 'updates' && received.updates[0]?.isPrivate;
  };

  test.each([
    ['a server', { context: 0 }, false],
    ['a direct chat with the bot', { context: 1 }, true],
    ['a group, or a chat of two people', { context: 2 }, false],
    ['a place that is not told', {}, false],
  ])('knows who reads along in %s', (_, place, isPrivate) => {
    expect(read(place)).toBe(isPrivate);
  });
});

describe('whatsapp', () => {
  test.each([
    ['15551234567', 'individual', 'to'],
    ['+15551234567', 'individual', 'to'],
    ['+1 (555) 123-4567', 'individual', 'to'],
    ['US.13491208655302741918', 'individual', 'recipient'],
    ['Y2FwaV9ncm91cDoxNzA1NTU1MDEzOToxMjAzNjM0MDQ2OTQyMzM4MjAZD', 'group', 'to'],
  ])('writes to %s as to one that is %s', (chat, recipient_type, member) => {
    const context = { credentials: KNOWN.whatsapp.credentials, tools, now: 0, apiBase: 'x' };
    const part = {
      id: 'rep_1',
      updateId: 'x',
      chat,
      text: 'hi',
      index: 0,
      format: 'plain',
    } as const;
    const body = JSON.parse(ADAPTERS.whatsapp.render(part, context).body);
    expect(body).toMatchObject({ recipient_type, [member]: chat });
  });

  test('a recording is no message any more once its id may be forgotten', () => {
    const { credentials, write } = KNOWN.whatsapp;
    const webhook = toWebhook(write({ text: 'hello' }));
    const readAfter = (days: number) => {
      const now = Date.now() + days * 86_400_000;
      const context = { credentials, tools, now, apiBase: 'https://reply.example' };
      const read = ADAPTERS.whatsapp.read(webhook, context);
      return read.kind === 'updates' && read.updates.length;
    };
    expect([0, 7.4, 7.6, 400].map(readAfter)).toEqual([1, 1, 0, 0]);
  });

  test('a message that cannot be read takes no other with it', () => {
    const { credentials, write } = KNOWN.whatsapp;
    const webhook = toWebhook(write({ text: 'hello' }));
    const body = JSON.parse(Buffer.from(webhook.body).toString());
    const document = { id: 'm1', mime_type: 'x'.repeat(500) };
    body.entry[0].changes[0].value.messages.unshift({ id: 'wamid.0', from: '9', document }, null);
    const changed = { ...webhook, body: Buffer.from(JSON.stringify(body)) };
    const context = { credentials, tools, now: Date.now(), apiBase: 'https://reply.example' };
    expect(ADAPTERS.whatsapp.read(changed, context)).toMatchObject({
      updates: [{ text: 'hello' }],
    });
  });
});

describe('slack', () => {
  const apiBase = 'https://slack.com/api';
  const context = { credentials: SLACK_CREDENTIALS, tools, now: Date.now(), apiBase };
  const authorizations = [{ team_id: 'T1', user_id: 'U0BOT', is_bot: true }];
  const read = (event: object) => {
    const body = JSON.stringify({ type: 'event_callback', event_id: 'Ev1', event, authorizations });
    return ADAPTERS.slack.read(toWebhook(signForSlack(body)), context);
  };
  const said = { type: 'message', channel: 'C1', ts: '1.5', user: 'U1', text: 'hi' };

  test('a message that mentions the app is one update, though it comes as two events', () => {
    const ids = [said, { ...said, type: 'app_mention' }].map((event) => {
      const received = read(event);
      return received.kind === 'updates' && received.updates[0]?.updateId;
    });
    expect(ids).toEqual(['C1/1.5', 'C1/1.5']);
  });

  test('edits and joins are nothing to answer, and bots are bots', () => {
    expect(read({ ...said, subtype: 'message_changed' })).toMatchObject({ updates: [] });
    expect(read({ ...said, bot_id: 'B1' })).toMatchObject({ updates: [{ isBot: true }] });
  });

  test('words are what was typed, not how Slack writes it', () => {
    const text = '<@U0BOT> is a &lt; b &amp;&amp; c? Ask <mailto:bob@b.example|bob@b.example>';
    expect(read({ ...said, text })).toMatchObject({
      updates: [{ text: 'is a < b && c? Ask bob@b.example' }],
    });
  });

  test('a code stays one where the app had to be mentioned with it', () => {
    const text = '<@U0BOT> 7K2M-Q9XD';
    expect(read({ ...said, text })).toMatchObject({ updates: [{ text: '7K2M-Q9XD' }] });
    expect(read({ ...said, text: '<@U0BOT>' })).toMatchObject({ updates: [] });
  });

  test('events of other kinds are taken, whatever their members hold', () => {
    const event = { type: 'channel_rename', channel: { id: 'C1', name: 'new' } };
    expect(read(event)).toEqual({ kind: 'updates', updates: [] });
    expect(read({ ...said, channel: { id: 'C1' } })).toEqual({ kind: 'malformed' });
  });

  test('words mention nobody, as plain text and as Markdown', () => {
    const part = { id: 'rep_1', updateId: 'x', chat: 'C1', text: '<!channel> & *all*', index: 0 };
    const bodyOf = (format: 'plain' | 'markdown') =>
      JSON.parse(ADAPTERS.slack.render({ ...part, format }, context).body);
    const safe = '&lt;!channel&gt; &amp; *all*';
    expect(bodyOf('plain').text).toBe(safe);
    expect(bodyOf('markdown')).toMatchObject({ markdown_text: safe });
    expect(bodyOf('markdown')).not.toHaveProperty('text');
  });

  test('an answer of 200 may be a refusal', () => {
    const judge = (body: object) =>
      ADAPTERS.slack.readAnswer({ status: 200, body: JSON.stringify(body) }).kind;
    expect(judge({ ok: true, ts: '1.2' })).toBe('sent');
    expect(judge({ ok: false, error: 'channel_not_found' })).toBe('refused');
    expect(judge({ ok: false, error: 'ratelimited' })).toBe('busy');
    expect(judge({ ok: false, error: 'internal_error' })).toBe('unsure');
  });
});
