/** Under which names principals have things of their own. */

import { expect, test } from 'vitest';
import {
  type Principal,
  toHolderName,
  toRemembererName,
} from '../../../src/core/policy/principal.ts';
import { workspaceId } from './authority-builder.ts';

test('who acts for somebody has nothing of its own: no principal is called so', () => {
  const workspace = workspaceId('acme');
  const service = { kind: 'service', id: 'schedule-night', tokenId: 'tok_1', workspace } as const;
  expect(toHolderName(service)).toBe('service:schedule-night');
  const behalf = { kind: 'user', id: 'alice', grants: [] } as const;
  expect(toHolderName({ ...service, behalf })).toBe('service:schedule-night for user:alice');
});

test('who acts for somebody remembers for him, but for senders, who are people of their own', () => {
  const workspace = workspaceId('acme');
  const behalf = { kind: 'user', id: 'alice', grants: [] } as const;
  const of = (kind: 'block' | 'service' | 'channel', id: string) =>
    toRemembererName({ ...{ kind, id, tokenId: 'tok_1', workspace }, behalf });
  expect([of('block', 'blk_1'), of('service', 'schedule-night')]).toEqual([
    ...['user:alice', 'user:alice'],
  ]);
  expect(of('channel', 'telegram.0123')).toBe('channel:telegram.0123');
  const bob: Principal = { kind: 'user', id: 'bob', tokenId: 'tok_1', workspace };
  expect(toRemembererName(bob)).toBe('user:bob');
});
