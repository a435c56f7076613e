import { env } from 'cloudflare:workers';
import { expect, test } from 'vitest';
import { assembleParts } from '../../../src/blocks/channel/assemble-parts.ts';
import { carryOutUpdate } from '../../../src/blocks/channel/carry-out-update.ts';
import { decidePairing } from '../../../src/blocks/channel/change-channels.ts';
import type { ChannelBindings, ChannelParts } from '../../../src/blocks/channel/channel-parts.ts';
import type { StoredChannel } from '../../../src/blocks/channel/channel-store.ts';
import { toPairing } from '../../../src/blocks/channel/pairings.ts';
import type { TurnsOf } from '../../../src/blocks/session/session-api.ts';
import { channelSchema } from '../../../src/core/channels/channel-spec.ts';
import { DEFAULT_POLICY } from '../../../src/core/policy/policy.ts';
import type { WorkspaceId } from '../../../src/core/primitives/ids.ts';
import { inScratchObject } from '../kit/scratch-object.ts';

const GRANTS = [{ pattern: 'channel:*' }];
const CHANNEL = {
  spec: channelSchema.parse({
    ...{ name: 'shop', platform: 'webhook', access: { mode: 'pair-on-request' } },
    capabilities: [],
  }),
  ...{ createdAt: 1, requestId: 'req_1', grants: GRANTS },
  creator: { kind: 'user', id: 'root', workspace: 'acme', tokenId: 'tok_1' },
} as unknown as StoredChannel;

const actor = { name: 'user:root', requestId: 'req_2' } as never;

interface Desk {
  readonly parts: ChannelParts;
  readonly pairing: ReturnType<typeof toPairing>;
  /** The number of a message of his that waits, and that he spoke as somebody. */
  readonly take: (principal: string) => number;
  /** Of whom turns were begun. */
  readonly begun: string[];
  /** Which turns were cancelled. */
  readonly cancelled: TurnsOf[];
}

/** A sender who is paired, among a workspace and sessions that the test plays. */
const atDesk = (asked: (desk: Desk) => void, use: (desk: Desk) => Promise<void>) =>
  inScratchObject(async (storage) => {
    const [begun, cancelled]: [string[], TurnsOf[]] = [[], []];
    const authority = async (principal: unknown) => {
      asked(desk);
      return { revision: 1, principal, grants: GRANTS, policy: DEFAULT_POLICY, plugins: [] };
    };
    const session = {
      runTurn: async ({ principal }: { principal: { id: string } }) => {
        begun.push(principal.id);
        return { ok: true, value: { turnId: 'turn_1' } };
      },
      cancelTurns: async (_by: unknown, _requestId: string, of: TurnsOf) => void cancelled.push(of),
    };
    const others = {
      WORKSPACES: { getByName: () => ({ authority }) },
      SESSIONS: { getByName: () => session },
    };
    const parts = assembleParts({
      workspace: 'acme' as WorkspaceId,
      env: { ...env, ...others } as unknown as ChannelBindings,
      ctx: { storage, id: { name: 'acme' } } as unknown as DurableObjectState,
      transact: (change) => storage.transactionSync(change),
      ...{ send: () => undefined, push: () => undefined, sign: () => undefined },
    });
    const { channels, senders, codes, updates, replies, outbox, terms, endings, moves } = parts;
    for (const store of [channels, updates, replies, outbox, terms, endings, moves])
      store.createTable();
    for (const store of [senders, codes]) store.createTables();
    channels.put(CHANNEL, new Uint8Array());
    const pairing = { ...toPairing(parts, CHANNEL, 'ann'), state: 'paired' } as const;
    senders.put('shop', pairing);
    const update = { sender: 'ann', chat: 'room', text: 'hello', isBot: false, isForwarded: false };
    const take = (principal: string) =>
      updates.insert({
        ...{ channel: 'shop', updateId: principal, status: 'waiting', receivedAt: 0 },
        facts: {
          update: { ...update, updateId: principal, isPrivate: false, attachments: [] },
          ...{ principal, sessionId: `ses_${principal}` as never },
        },
      });
    const desk: Desk = { parts, pairing, take, begun, cancelled };
    await use(desk);
  });

const deny = ({ parts, pairing }: Desk) =>
  decidePairing(parts, actor, { channel: 'shop', pairing: pairing.id, decision: 'deny' });

test.each([
  ['begins the turn of one who is let in', () => undefined, ['shop.ann'], 'waiting'],
  ['begins none of one who is denied while the workspace is asked', deny, [], 'refused'],
])('a message %s', (_, asked, turns, status) =>
  atDesk(asked, async ({ parts, take, begun }) => {
    const seq = take('shop.ann');
    await carryOutUpdate(parts, seq);
    expect(begun).toEqual(turns);
    expect(parts.updates.find(seq)?.status).toBe(status);
  }),
);

test('with a sender who is denied end his turns, also those that began before he was somebody else', () =>
  atDesk(
    () => undefined,
    async (desk) => {
      const { parts, pairing, take, cancelled } = desk;
      for (const principal of ['shop.ann', 'desk.ann']) take(principal);
      parts.senders.put('shop', { ...pairing, principal: 'desk.ann' });
      deny(desk);
      await parts.endings.settle(parts.env);
      expect(cancelled).toEqual([
        { principal: 'channel:desk.ann', only: { key: 'shop/desk.ann' } },
        { principal: 'channel:shop.ann', only: { key: 'shop/shop.ann' } },
      ]);
      expect(parts.endings.nextAt()).toBe(undefined);
    },
  ));
