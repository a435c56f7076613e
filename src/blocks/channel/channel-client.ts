/**
 * The way to the channels of a workspace.
 *
 * @module
 */

import type { WorkspaceId } from '../../core/primitives/ids.ts';
import { workspaceObjectName } from '../kit/address.ts';
import type { BlockBindings } from '../kit/bindings.ts';
import { callAgainAfterReset } from '../kit/call.ts';
import type { ChannelApi } from './channel-api.ts';

/** All that it does may happen twice: a code that was issued twice is two codes, of which one is lost. */
export function openChannels(
  env: Pick<BlockBindings, 'CHANNELS'>,
  workspace: WorkspaceId,
): ChannelApi {
  const again = <T>(call: (channels: ChannelApi) => Promise<T>) =>
    callAgainAfterReset(() => env.CHANNELS.getByName(workspaceObjectName(workspace)), call);
  return {
    create: (request) => again((channels) => channels.create(request)),
    list: () => again((channels) => channels.list()),
    find: (name) => again((channels) => channels.find(name)),
    remove: (actor, name) => again((channels) => channels.remove(actor, name)),
    receive: (name, webhook, only) => again((channels) => channels.receive(name, webhook, only)),
    issueChatTicket: (actor, order) => again((channels) => channels.issueChatTicket(actor, order)),
    fetch: (request) => env.CHANNELS.getByName(workspaceObjectName(workspace)).fetch(request),
    decidePairing: (actor, decision) =>
      again((channels) => channels.decidePairing(actor, decision)),
    issueCode: (actor, order) => again((channels) => channels.issueCode(actor, order)),
    say: (order) => again((channels) => channels.say(order)),
    resendReply: (actor, channel, replyId) =>
      again((channels) => channels.resendReply(actor, channel, replyId)),
  };
}
