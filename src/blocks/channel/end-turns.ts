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
import { turnKey } from './session-turn.ts';

interface Ending {
  /** Whose; of the whole channel, if absent. */
  readonly sender?: string;
  readonly by: Pick<NamedActor, 'requestId'>;
}

/**
 * Part of the transaction by which it is decided, and before its updates go. Whom a sender speaks as may
 * have changed since his turn began. In a session that is his on all channels, the turns of others go on.
 */
export function orderEndOfTurns(
  parts: ChannelParts,
  channel: StoredChannel,
  { sender, by: { requestId } }: Ending,
): void {
  const by = { principal: channelPrincipal(parts, channel), requestId };
  const { name } = channel.spec;
  for (const { sessionId, principal, updateId, turnId } of parts.updates.turnsOf(name, sender)) {
    const of = toPrincipalName({ kind: 'channel', id: principal });
    const only = turnId === undefined ? { key: turnKey(name, updateId) } : { turnId };
    parts.endings.add({ sessionId, of, only, by });
  }
}
