/**
 * Ends the turns of a channel that is removed, or of a sender who is denied: nobody is to hear their answers,
 * and nobody to pay for them.
 *
 * @module
 */

import type { NamedActor } from '../../core/audit/named-actor.ts';
import { toPrincipalName } from '../../core/policy/principal.ts';
import { type ChannelParts, channelPrincipal } from './channel-parts.ts';
import type { StoredChannel } from './channel-store.ts';

interface Ending {
  /** Whose; of the whole channel, if absent. Names him to the platform, and to the workspace. */
  readonly of?: { readonly sender: string; readonly principal: string };
  readonly by: Pick<NamedActor, 'requestId'>;
}

/** Part of the transaction by which it is decided, and before its updates go. */
export function orderEndOfTurns(
  parts: ChannelParts,
  channel: StoredChannel,
  { of, by: { requestId } }: Ending,
): void {
  const by = { principal: channelPrincipal(parts, channel), requestId };
  const whose = of && { of: toPrincipalName({ kind: 'channel', id: of.principal }) };
  for (const sessionId of parts.updates.sessionsOf(channel.spec.name, of?.sender)) {
    parts.endings.add({ sessionId, ...whose, by });
  }
}
