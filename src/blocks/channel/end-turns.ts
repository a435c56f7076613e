/**
 * Ends the turns of a channel that is removed: nobody is to hear their answers, and nobody to pay for them.
 *
 * @module
 */

import type { NamedActor } from '../../core/audit/named-actor.ts';
import type { SessionId } from '../../core/primitives/ids.ts';
import { openSession } from '../session/session-client.ts';
import { type ChannelParts, channelPrincipal } from './channel-parts.ts';
import type { StoredChannel } from './channel-store.ts';

/** @throws whatever a session has thrown: then it is not certain that its turn has ended. */
export async function endTurns(
  parts: ChannelParts,
  channel: StoredChannel,
  { sessions, by }: { readonly sessions: ReadonlySet<SessionId>; readonly by: NamedActor },
): Promise<void> {
  const principal = channelPrincipal(parts, channel);
  await Promise.all(
    [...sessions].map((sessionId) =>
      openSession(parts.env, parts.workspace, sessionId).cancelTurns(principal, by.requestId),
    ),
  );
}
