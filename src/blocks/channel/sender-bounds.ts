/**
 * What one sender may do and spend: what the channel gives to all, within what was said of him.
 *
 * @module
 */

import { type ChannelTerms, narrowestTerms } from '../../core/channels/sender-terms.ts';
import type { ChannelParts } from './channel-parts.ts';
import type { StoredChannel } from './channel-store.ts';
import { toPairing } from './pairings.ts';

interface Speaker {
  readonly sender: string;
  /** Whom his account belongs to by now. */
  readonly principal: string;
}

export function termsOfChannel({ grants, spec }: StoredChannel): ChannelTerms {
  return { grants, budget: spec.senderBudget };
}

export function boundsOf(
  parts: ChannelParts,
  channel: StoredChannel,
  { sender, principal }: Speaker,
): ChannelTerms {
  const own = toPairing(parts, channel, sender).principal;
  const all = [...new Set([own, principal])].map((id) => parts.terms.find(id));
  return narrowestTerms(termsOfChannel(channel), all);
}
