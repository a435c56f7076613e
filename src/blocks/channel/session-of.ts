/**
 * Which session a message belongs to.
 *
 * @module
 */

import type { Update } from '../../channels/update.ts';
import { issueSessionId, type SessionId } from '../../core/primitives/ids.ts';
import type { ChannelParts } from './channel-parts.ts';
import type { StoredChannel } from './channel-store.ts';

const CHANCE_DIGITS = 32;

interface Written {
  readonly update: Pick<Update, 'sender' | 'chat' | 'thread'>;
  readonly principal: string;
}

/** A channel that is made anew under an old name has sessions of its own. */
export function sessionOf(
  { workspace, sessionIds }: Pick<ChannelParts, 'workspace' | 'sessionIds'>,
  { spec, createdAt }: StoredChannel,
  { update, principal }: Written,
): SessionId {
  const { sender, chat, thread } = update;
  const here = [spec.name, createdAt];
  const place = {
    sender: [...here, 'sender', sender, principal],
    chat: [...here, 'chat', chat, thread ?? null],
    identity: ['identity', principal],
  }[spec.session];
  const chance = sessionIds(`channel:${JSON.stringify([workspace, ...place])}`);
  return issueSessionId(workspace, chance.slice(0, CHANCE_DIGITS), sessionIds);
}
