import { env } from 'cloudflare:workers';
import { describe, expect, test } from 'vitest';
import { assembleParts } from '../../../src/blocks/channel/assemble-parts.ts';
import type { ChannelBindings, ChannelParts } from '../../../src/blocks/channel/channel-parts.ts';
import type { StoredChannel } from '../../../src/blocks/channel/channel-store.ts';
import { Intake } from '../../../src/blocks/channel/intake.ts';
import type { Signed } from '../../../src/blocks/channel/receive-webhook.ts';
import { Changes } from '../../../src/blocks/kit/changes.ts';
import { channelSchema } from '../../../src/core/channels/channel-spec.ts';
import { MAX_OF_CHANNEL } from '../../../src/core/channels/inbox-bounds.ts';
import type { WorkspaceId } from '../../../src/core/primitives/ids.ts';
import { inScratchObject } from '../kit/scratch-object.ts';

const CHANNEL = {
  spec: channelSchema.parse({
    ...{ name: 'shop', platform: 'webhook', access: { mode: 'open' }, capabilities: [] },
    senderRate: { calls: 1_000, periodMs: 1_000 },
  }),
  createdAt: 1,
} as unknown as StoredChannel;

interface Desk {
  readonly parts: ChannelParts;
  readonly intake: Intake;
  /** What was begun: the lane, and what of it is on disk by then. */
  readonly begun: string[];
  readonly commits: () => number;
  readonly take: (updateId: string, text?: string) => Promise<string>;
}

const atDesk = (use: (desk: Desk) => Promise<void>) =>
  inScratchObject(async (storage) => {
    let commits = 0;
    const transactionSync = <T>(change: () => T): T => {
      commits++;
      return storage.transactionSync(change);
    };
    const changes = new Changes(
      { transactionSync },
      { forgetMemory: () => parts.updates.forget() },
    );
    const parts = assembleParts({
      ...{ workspace: 'acme' as WorkspaceId, env: env as unknown as ChannelBindings },
      ctx: { storage, id: { name: 'acme' } } as unknown as DurableObjectState,
      transact: (change) => changes.make(change),
      ...{ send: () => undefined, push: () => undefined, sign: () => undefined },
    });
    const { channels, senders, codes, updates, replies, outbox } = parts;
    for (const store of [channels, updates, replies, outbox]) store.createTable();
    for (const store of [senders, codes]) store.createTables();
    channels.put(CHANNEL, new Uint8Array());
    const begun: string[] = [];
    const intake = new Intake(parts, (channel, received) => {
      for (const { chat } of received.begun) begun.push(`${channel}/${chat}`);
    });
    const take = async (id: string, text = 'hello') => (await intake.take(signed(id, text))).kind;
    await use({ parts, intake, begun, take, commits: () => commits });
  });

function signed(updateId: string, text: string): Signed {
  const update = { updateId, sender: 'ann', chat: `room ${updateId}`, text };
  return {
    channel: CHANNEL,
    updates: [{ ...update, isBot: false, isForwarded: false, isPrivate: false, attachments: [] }],
    verdict: { kind: 'accepted' },
  };
}

describe('what comes in within a moment', () => {
  test('is stored in one transaction, and begun in the order in which it came', () =>
    atDesk(async ({ parts, take, begun, commits }) => {
      const answers = await Promise.all(['1', '2', '3'].map((id) => take(id)));
      expect(answers).toEqual(['accepted', 'accepted', 'accepted']);
      expect(commits()).toBe(1);
      expect(begun).toEqual(['shop/room 1', 'shop/room 2', 'shop/room 3']);
      expect(parts.updates.counts('shop').waiting).toBe(3);
    }));

  test('is taken in once, however often it came', () =>
    atDesk(async ({ parts, take, begun }) => {
      expect(await Promise.all(['1', '1', '1'].map((id) => take(id)))).toEqual(
        Array(3).fill('accepted'),
      );
      expect(await take('1')).toBe('accepted');
      expect(begun).toHaveLength(1);
      expect(parts.updates.counts('shop').waiting).toBe(1);
    }));

  test('is not answered before it is stored', () =>
    atDesk(async ({ parts, take }) => {
      const answer = take('1');
      await Promise.resolve();
      expect(parts.updates.has('shop', '1')).toBe(false);
      expect(await answer).toBe('accepted');
      expect(parts.updates.has('shop', '1')).toBe(true);
    }));
});

describe('what cannot be stored', () => {
  test('takes nothing else with it, and is refused by itself', () =>
    atDesk(async ({ parts, take, begun }) => {
      const { updates } = parts;
      const insert = updates.insert.bind(updates);
      updates.insert = (update) => {
        if (update.updateId === 'bad') throw new Error('no such thing');
        return insert(update);
      };
      const answers = await Promise.allSettled(['1', 'bad', '2'].map((id) => take(id)));
      expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
      expect(begun).toEqual(['shop/room 1', 'shop/room 2']);
      expect(updates.load('shop').own.updates).toBe(2);
      expect([...updates.queue()].map(({ seq }) => seq)).toEqual([1, 2]);
    }));

  test('since its channel is gone or is another one, is refused', () =>
    atDesk(async ({ parts, take, begun }) => {
      const answer = take('1');
      parts.channels.remove('shop');
      expect(await answer).toBe('refused');
      parts.channels.put({ ...CHANNEL, createdAt: 2 }, new Uint8Array());
      expect(await take('2')).toBe('refused');
      expect(begun).toEqual([]);
    }));

  test('since too much waits, is told to come back, and what is there already is not', () =>
    atDesk(async ({ parts, take }) => {
      expect(await take('1')).toBe('accepted');
      const { updates } = parts;
      const full = { updates: MAX_OF_CHANNEL.updates - 1, bytes: 0 };
      updates.load = () => ({ own: full, all: full });
      expect(await take('2')).toBe('accepted');
      updates.load = () => ({ own: MAX_OF_CHANNEL, all: MAX_OF_CHANNEL });
      expect(await Promise.all(['1', '3'].map((id) => take(id)))).toEqual(['accepted', 'full']);
      expect(updates.has('shop', '3')).toBe(false);
    }));
});
