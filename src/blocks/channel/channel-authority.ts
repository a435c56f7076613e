/**
 * What a channel may do: asked for at each use, since what its maker may do can have changed.
 *
 * @module
 */

import type { Authority } from '../../core/policy/authority.ts';
import { authorize } from '../../core/policy/authorize.ts';
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
export async function authorityTo(
  parts: ChannelParts,
  channel: StoredChannel,
  verb: 'send' | 'receive',
): Promise<Authority | undefined> {
  const authority = await channelAuthority(parts, channel);
  const question = { capability: `channel:${verb}:${channel.spec.name}`, now: parts.now() };
  return authority && authorize(authority, question).allowed ? authority : undefined;
}
