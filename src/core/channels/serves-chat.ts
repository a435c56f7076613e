/**
 * Which chats of its platform a channel speaks in.
 *
 * @module
 */

import type { ChannelSpec } from './channel-spec.ts';

type Places = Pick<ChannelSpec, 'chats' | 'bindings'>;

/** Not in those that it leaves out, nor in those that are bound to a channel of another workspace. */
export function servesChat(spec: Places, chat: string): boolean {
  return isListed(spec, chat) && boundTo(spec, chat) === undefined;
}

/**
 * Whether a chat that is called otherwise now stays, to this channel, the one that it was. Not one that it
 * has nothing to do with; nor where the new name is said to be somebody else's.
 */
export function followsMove(
  spec: Places,
  { from, to }: { readonly from: string; readonly to: string },
): boolean {
  const [before, after] = [boundTo(spec, from), boundTo(spec, to)];
  return before === undefined
    ? isListed(spec, from) && after === undefined
    : after === undefined || after === before;
}

const isListed = ({ chats }: Places, chat: string) => chats === undefined || chats.includes(chat);

const boundTo = ({ bindings }: Places, chat: string) =>
  bindings.find(({ chats }) => chats.includes(chat));
