/**
 * What a channel may do: asked for at each use, since what its maker may do can have changed.
 *
 * @module
 */

import type { Authority } from '../../core/policy/authority.ts';
import { authorityFor } from '../workspace/authority-for.ts';
import { openWorkspace } from '../workspace/workspace-client.ts';
import { type ChannelParts, channelPrincipal } from './channel-parts.ts';
import type { StoredChannel } from './channel-store.ts';

/** `undefined` if the credential behind the channel is not live. */
export function channelAuthority(
  parts: ChannelParts,
  channel: StoredChannel,
): Promise<Authority | undefined> {
  const workspace = openWorkspace(parts.env, parts.workspace);
  return workspace.authority(channelPrincipal(parts, channel));
}

/** The same, if it holds `channel:<verb>:<its name>`. */
export function authorityTo(
  parts: ChannelParts,
  channel: StoredChannel,
  verb: 'send' | 'receive',
): Promise<Authority | undefined> {
  const capability = `channel:${verb}:${channel.spec.name}`;
  return authorityFor(parts, channelPrincipal(parts, channel), capability);
}
