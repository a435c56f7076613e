/**
 * Shows a sender that his message was taken, where his channel says so. A courtesy: it is asked for once,
 * and nothing waits for it or depends on it.
 *
 * @module
 */

import { ADAPTERS } from '../../channels/adapters.ts';
import { askAccess } from './ask-access.ts';
import type { ChannelParts } from './channel-parts.ts';
import type { StoredChannel } from './channel-store.ts';
import { openPlatform, sendingContext } from './open-platform.ts';
import { sendRequest } from './send-request.ts';
import type { StoredUpdate } from './update-store.ts';

export async function showSigns(
  parts: ChannelParts,
  channel: StoredChannel,
  { facts }: StoredUpdate,
): Promise<void> {
  const { signs, platform, name } = channel.spec;
  const { update, replyToken: sealed } = facts;
  if (signs.length === 0 || update === undefined) return;
  const api = await openPlatform(parts, channel);
  if (typeof api === 'string') return;
  const access = await askAccess(parts, channel, api.privateHosts);
  if (access.kind !== 'access') return;
  const context = sendingContext(parts, channel, { base: api.base, access });
  const token = sealed && { replyToken: parts.safe.openToken(name, update.updateId, sealed) };
  const adapter = ADAPTERS[platform];
  const place = { ...update, ...token, chat: parts.moves.presentOf(name, update.chat) };
  const requests = signs.map((sign) => adapter.signs[sign]?.(place, context));
  await Promise.all(requests.map((request) => request && sendRequest(api.network, request)));
}
