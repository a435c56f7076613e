/**
 * Messages of chats that a channel has bound to another workspace go there as the platform signed them:
 * the channel there verifies the signature by its own credentials, and judges the sender by its own rules.
 * So a binding gives no workspace any authority over another. What was handed on is not handed on again.
 *
 * @module
 */

import type { Webhook } from '../../channels/adapter.ts';
import type { Update } from '../../channels/update.ts';
import type { ChannelSpec } from '../../core/channels/channel-spec.ts';
import { servesChat } from '../../core/channels/serves-chat.ts';
import { parseWorkspaceId } from '../../core/primitives/ids.ts';
import type { WebhookVerdict } from './channel-api.ts';
import { openChannels } from './channel-client.ts';
import type { ChannelParts } from './channel-parts.ts';
import type { StoredChannel } from './channel-store.ts';
import { refuse } from './take-in.ts';

interface Verified {
  readonly updates: readonly Update[];
  readonly webhook: Webhook;
  /** Of a webhook that was handed on: the chats that it is about. */
  readonly only: readonly string[] | undefined;
}

type Binding = ChannelSpec['bindings'][number];

/** The updates that are the channel's own; `full` if another one takes no more at present. */
export async function forwardUpdates(
  parts: ChannelParts,
  channel: StoredChannel,
  { updates, webhook, only }: Verified,
): Promise<readonly Update[] | 'full'> {
  const { spec } = channel;
  const isWanted = ({ chat }: Update) => (only ?? [chat]).includes(chat);
  const wanted = updates.filter(isWanted);
  const isOwn = ({ chat }: Update) => servesChat(spec, chat);
  if (only !== undefined) return wanted.filter(isOwn);
  for (const binding of spec.bindings) {
    const bound = wanted.filter(({ chat }) => binding.chats.includes(chat));
    if (bound.length === 0) continue;
    const kind = await handOn(parts, binding, webhook);
    if (kind === 'full') return 'full';
    if (kind !== 'accepted') refuseAll(parts, channel, bound);
  }
  return wanted.filter(isOwn);
}

async function handOn(
  { env }: ChannelParts,
  { workspace: id, channel, chats }: Binding,
  webhook: Webhook,
): Promise<WebhookVerdict['kind']> {
  const workspace = parseWorkspaceId(id);
  if (workspace === undefined) return 'refused';
  return (await openChannels(env, workspace).receive(channel, webhook, chats)).kind;
}

/** So that it is seen that they went nowhere. */
function refuseAll(parts: ChannelParts, channel: StoredChannel, bound: readonly Update[]): void {
  const { name } = channel.spec;
  parts.transact(() => {
    for (const update of bound) {
      if (parts.updates.has(name, update.updateId)) continue;
      refuse(parts, channel, update, { code: 'binding_refused' });
    }
  });
}
