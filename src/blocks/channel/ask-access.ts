/**
 * Asks for the token that a platform wants to see (OAuth 2.0 client credentials), unless there is one.
 *
 * @module
 */

import type { SendOutcome } from '../../channels/adapter.ts';
import { ADAPTERS } from '../../channels/adapters.ts';
import { findPlace } from '../kit/networks.ts';
import { type ChannelParts, contextOf } from './channel-parts.ts';
import type { StoredChannel } from './channel-store.ts';
import { sendRequest } from './send-request.ts';

export interface Access {
  readonly kind: 'access';
  /** Absent where the platform wants none. */
  readonly token?: string;
  /** Nobody can have refused it before. */
  readonly isNew: boolean;
}

/** Where there is none: nothing was sent. */
export type NoAccess = Extract<SendOutcome, { readonly kind: 'busy' | 'refused' }>;

export async function askAccess(
  parts: ChannelParts,
  channel: StoredChannel,
  privateHosts: readonly string[],
): Promise<Access | NoAccess> {
  const { name, platform } = channel.spec;
  const source = ADAPTERS[platform].accessToken;
  if (source === undefined) return { kind: 'access', isNew: true };
  const held = parts.tokens.find(name, parts.now());
  if (held !== undefined) return { kind: 'access', token: held, isNew: false };
  const request = source.ask(contextOf(parts, channel));
  const place = findPlace(parts.env, request.url, { privateHosts });
  if (place === undefined) return { kind: 'refused', code: 'private_address' };
  const answer = await sendRequest(place.network, { ...request, url: place.href });
  const read = answer && source.read(answer);
  if (read === undefined) {
    const passes = answer === undefined || answer.status === 429 || answer.status >= 500;
    return passes ? { kind: 'busy' } : { kind: 'refused', code: 'sign_in_refused' };
  }
  parts.tokens.put(name, read.token, parts.now() + read.expiresInMs);
  return { kind: 'access', token: read.token, isNew: true };
}
