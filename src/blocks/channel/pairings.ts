/**
 * Who a sender is to the workspace, and how codes are kept.
 *
 * @module
 */

import {
  PAIRING_CODE_LENGTH,
  PAIRING_CODE_MS,
  toPairingCode,
} from '../../core/channels/pairing-code.ts';
import type { PairingDescription } from './channel-api.ts';
import type { ChannelParts } from './channel-parts.ts';
import type { StoredChannel } from './channel-store.ts';

/** Enough that no two senders share a name. */
const SENDER_DIGITS = 24;

/**
 * A sender as he is when he is heard for the first time. On a channel that is made anew under an old name
 * nobody is who he was.
 */
export function toPairing(
  { ids, now }: Pick<ChannelParts, 'ids' | 'now'>,
  { spec, createdAt }: StoredChannel,
  sender: string,
): PairingDescription {
  const { name } = spec;
  const digits = ids(`sender:${name}:${createdAt}:${sender}`).slice(0, SENDER_DIGITS);
  return {
    ...{ id: `pair_${digits}`, sender, principal: `${name}.${digits}` },
    ...{ state: 'pending', requestedAt: now() },
  };
}

/** A fresh one; what is kept of it is its hash. `scope` is the channel, or what else it is good for. */
export function newCode(parts: Pick<ChannelParts, 'ids' | 'now'>, scope: string) {
  const code = toPairingCode(crypto.getRandomValues(new Uint8Array(PAIRING_CODE_LENGTH)));
  return { code, hash: hashOfCode(parts, scope, code), expiresAt: parts.now() + PAIRING_CODE_MS };
}

/** Keyed, since a code is short enough to be guessed from a plain hash. */
export function hashOfCode(
  { ids }: Pick<ChannelParts, 'ids'>,
  channel: string,
  code: string,
): string {
  return ids(`code:${channel}:${code}`);
}
