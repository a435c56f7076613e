/**
 * Messages of chats that a channel has bound to another workspace go there as the platform signed them:
 * the channel there verifies the signature by its own credentials, and judges the sender by its own rules.
 * So a binding gives no workspace any authority over another. What was handed on is not handed on again.
 * Each hears of what did not arrive, too, and of a chat of its own that is called otherwise now.
 *
 * @module
 */

import type { ChatMove, Undelivered, Webhook, WebhookAnswer } from '../../channels/adapter.ts';
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
  /** Nobody but who sent it knows whose it was. */
  readonly undelivered: readonly Undelivered[];
  readonly moved?: ChatMove;
  readonly webhook: Webhook;
  /** Of a webhook that was handed on: the chats that it is about. */
  readonly only: readonly string[] | undefined;
}

type Binding = ChannelSpec['bindings'][number];

/** `full`: another channel takes no more at present. */
export type Forwarded =
  | { readonly kind: 'full' }
  | {
      readonly kind: 'forwarded';
      /** Those that are the channel's own. */
      readonly updates: readonly Update[];
      /** What another one wants its platform to hear. */
      readonly answer?: WebhookAnswer;
    };

export async function forwardUpdates(
  parts: ChannelParts,
  channel: StoredChannel,
  { updates, undelivered, moved, webhook, only }: Verified,
): Promise<Forwarded> {
  const { spec } = channel;
  const isWanted = ({ chat }: Update) => (only ?? [chat]).includes(chat);
  const wanted = updates.filter(isWanted);
  const isOwn = ({ chat }: Update) => servesChat(spec, chat);
  const forwarded = { kind: 'forwarded', updates: wanted.filter(isOwn) } as const;
  if (only !== undefined) return forwarded;
  let answer: WebhookAnswer | undefined;
  for (const binding of spec.bindings) {
    const bound = wanted.filter(({ chat }) => binding.chats.includes(chat));
    const isMoved = moved !== undefined && binding.chats.includes(moved.from);
    if (bound.length === 0 && undelivered.length === 0 && !isMoved) continue;
    // It may not have heard by which name it knows a chat.
    const chats = parts.moves.namesOf(spec.name, binding.chats);
    const verdict = await handOn(parts, { ...binding, chats }, webhook);
    if (verdict.kind === 'full') return { kind: 'full' };
    if (verdict.kind === 'accepted') answer = verdict.answer;
    else refuseAll(parts, channel, bound);
  }
  return { ...forwarded, ...(answer && { answer }) };
}

async function handOn(
  { env }: ChannelParts,
  { workspace: id, channel, chats }: Binding,
  webhook: Webhook,
): Promise<WebhookVerdict> {
  const workspace = parseWorkspaceId(id);
  if (workspace === undefined) return { kind: 'refused' };
  return openChannels(env, workspace).receive(channel, webhook, chats);
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
