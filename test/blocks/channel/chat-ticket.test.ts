import { describe, expect, test } from 'vitest';
import type { StoredChannel } from '../../../src/blocks/channel/channel-store.ts';
import { readChatTicket, writeChatTicket } from '../../../src/blocks/channel/chat-ticket.ts';
import { keyedHash } from '../../../src/blocks/kit/keys.ts';
import { parseWorkspaceId, type WorkspaceId } from '../../../src/core/primitives/ids.ts';

const workspaceOf = (id: string): WorkspaceId => {
  const parsed = parseWorkspaceId(id);
  if (parsed === undefined) throw new Error('no workspace');
  return parsed;
};

const MASTER_KEY = 'AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8';

const at = (now: number, workspace = 'acme', key = MASTER_KEY) => ({
  ids: keyedHash(key, 'channel-ids'),
  workspace: workspaceOf(workspace),
  now: () => now,
});

const channel = (name: string, createdAt = 5) =>
  ({ spec: { name }, createdAt }) as unknown as StoredChannel;

describe('a ticket for a web chat', () => {
  const { ticket, expiresAt } = writeChatTicket(at(1_000), channel('shop'), 'ann@example');

  test('says who the visitor is, for a minute and no longer', () => {
    expect(expiresAt).toBe(61_000);
    const read = readChatTicket(at(60_999), channel('shop'), ticket);
    expect(read).toMatchObject({ sender: 'ann@example', endsAt: 61_000 });
    expect(readChatTicket(at(61_000), channel('shop'), ticket)).toBe(undefined);
  });

  test('is worth nothing elsewhere: in another workspace, on another channel, or one made anew', () => {
    expect(readChatTicket(at(1_000, 'other'), channel('shop'), ticket)).toBe(undefined);
    expect(readChatTicket(at(1_000), channel('shop2'), ticket)).toBe(undefined);
    expect(readChatTicket(at(1_000), channel('shop', 6), ticket)).toBe(undefined);
    const otherKey = MASTER_KEY.replace('AAEC', 'BBEC');
    expect(readChatTicket(at(1_000, 'acme', otherKey), channel('shop'), ticket)).toBe(undefined);
  });

  test('no two are the same, and none that was changed is one', () => {
    expect(writeChatTicket(at(1_000), channel('shop'), 'ann@example').ticket).not.toBe(ticket);
    for (const other of [
      '',
      '.',
      ticket.slice(1),
      `${ticket}.x`,
      `x${ticket}`,
      'x'.repeat(5_000),
    ]) {
      expect(readChatTicket(at(1_000), channel('shop'), other)).toBe(undefined);
    }
  });
});
