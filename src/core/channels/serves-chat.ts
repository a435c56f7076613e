/**
 * Which chats of its platform a channel speaks in.
 *
 * @module
 */

import type { ChannelSpec } from './channel-spec.ts';

/** Not in those that it leaves out, nor in those that are bound to a channel of another workspace. */
export function servesChat(
  { chats, bindings }: Pick<ChannelSpec, 'chats' | 'bindings'>,
  chat: string,
): boolean {
  const isListed = chats === undefined || chats.includes(chat);
  return isListed && !bindings.some((binding) => binding.chats.includes(chat));
}
