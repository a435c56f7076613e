import { describe, expect, test } from 'vitest';
import { followsMove, servesChat } from '../../../src/core/channels/serves-chat.ts';

const bound = (...chats: string[]) => ({ chats, workspace: 'acme', channel: 'branch' });
const ALL = { bindings: [] };
const LISTED = { chats: ['-1'], bindings: [] };
const HUB = { bindings: [bound('-1'), bound('-2', '-100')] };

describe('servesChat()', () => {
  test.each([
    ['every chat, without a list', ALL, '-1', true],
    ['one on its list', LISTED, '-1', true],
    ['none that is not', LISTED, '-2', false],
    ['none that is bound to another workspace', HUB, '-1', false],
  ])('is for %s', (_, spec, chat, serves) => expect(servesChat(spec, chat)).toBe(serves));
});

describe('followsMove()', () => {
  test.each([
    ['of a chat of its own', LISTED, '-1', '-100', true],
    ['of one that it has nothing to do with', LISTED, '-2', '-100', false],
    ['of one that is bound, whose new name nobody has', HUB, '-1', '-101', true],
    ['of one that is bound, with its new name', HUB, '-2', '-100', true],
    ['of one that is bound, whose new name is bound elsewhere', HUB, '-1', '-100', false],
    ['of one of its own, whose new name is bound', HUB, '-3', '-100', false],
  ])('%s', (_, spec, from, to, follows) => expect(followsMove(spec, { from, to })).toBe(follows));
});
