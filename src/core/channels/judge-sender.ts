/**
 * Whether a sender may talk on a channel. Who it is was proved by the platform's signature.
 *
 * @module
 */

import { type Label, PRINCIPAL_LABEL, UNTRUSTED_LABEL } from '../policy/labels.ts';
import type { ChannelAccess } from './channel-spec.ts';

/** What is known of a sender who had to ask. */
export type PairingState = 'pending' | 'paired' | 'denied';

/** `ask`: put on the list, somebody decides. `prove`: only a code lets him in. */
export type SenderVerdict = 'admit' | 'ask' | 'prove' | 'refuse';

export function judgeSender(
  access: ChannelAccess,
  sender: string,
  known: PairingState | undefined,
): SenderVerdict {
  if (known === 'denied') return 'refuse';
  switch (access.mode) {
    case 'closed':
      return 'refuse';
    case 'open':
      return 'admit';
    case 'allow-list':
      return access.senders.includes(sender) ? 'admit' : 'refuse';
    case 'pair-on-request':
      return known === 'paired' ? 'admit' : 'ask';
    case 'pair-with-code':
      return known === 'paired' ? 'admit' : 'prove';
  }
}

/**
 * Whoever was let in speaks for himself, but not by words of others that he passes on. On an open channel
 * anybody speaks.
 */
export function labelOfMessage({ mode }: ChannelAccess, isForwarded: boolean): Label {
  return mode === 'open' || isForwarded ? UNTRUSTED_LABEL : PRINCIPAL_LABEL;
}
