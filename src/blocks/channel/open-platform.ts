/**
 * The way from a channel to its platform: asked for at each request, since what the channel's maker may do
 * can have changed.
 *
 * @module
 */

import type { AdapterContext } from '../../channels/adapter.ts';
import { ADAPTERS } from '../../channels/adapters.ts';
import { findPlace, type Network } from '../kit/networks.ts';
import type { Access } from './ask-access.ts';
import { authorityTo } from './channel-authority.ts';
import { type ChannelParts, contextOf } from './channel-parts.ts';
import type { StoredChannel } from './channel-store.ts';

export interface OpenPlatform {
  /** The API's address without its last slash. */
  readonly base: string;
  readonly network: Network;
  readonly privateHosts: readonly string[];
}

/** Or why there is none. */
export async function openPlatform(
  parts: ChannelParts,
  channel: StoredChannel,
): Promise<OpenPlatform | 'denied' | 'private_address'> {
  const authority = await authorityTo(parts, channel, 'send');
  if (authority === undefined) return 'denied';
  const { platform, apiBase } = channel.spec;
  const { privateHosts } = authority.policy;
  const address = apiBase ?? ADAPTERS[platform].apiBase ?? '';
  const place = findPlace(parts.env, address, { privateHosts });
  if (place === undefined) return 'private_address';
  return { base: place.href.replace(/\/$/, ''), network: place.network, privateHosts };
}

/** What a request is written with. */
export function sendingContext(
  parts: ChannelParts,
  channel: StoredChannel,
  by: { readonly base: string; readonly access: Access },
): AdapterContext {
  const { token } = by.access;
  return {
    ...contextOf(parts, channel),
    apiBase: by.base,
    ...(token !== undefined && { accessToken: token }),
  };
}
