/**
 * Two accounts become one identity by proof: `/link` from the one brings a code, which the other sends.
 * Each platform has vouched for its half. Part of a transaction.
 *
 * The code must be read by nobody else, so it is told in private chats alone; and it lets nobody in who
 * may not talk where he sends it.
 *
 * @module
 */

import type { Update } from '../../channels/update.ts';
import type { ChannelParts } from './channel-parts.ts';
import type { StoredChannel } from './channel-store.ts';
import { LINK_SCOPE } from './code-store.ts';
import { hashOfCode, newCode } from './pairings.ts';

const COMMAND = /^\s*\/link\s*$/i;

/** What the sender is told; `undefined` if he asked for nothing of the kind. */
export function offerLink(
  parts: ChannelParts,
  { spec }: StoredChannel,
  { update, principal }: { readonly update: Update; readonly principal: string },
): string | undefined {
  if (!spec.linking || !COMMAND.test(update.text)) return undefined;
  if (!update.isPrivate) return 'A code is told in a private chat only. Send /link there.';
  const { code, hash, expiresAt } = newCode(parts, LINK_SCOPE);
  parts.codes.putLink(hash, { expiresAt, joins: principal });
  return `Your code is ${code}. Send it from your other account within ten minutes, and tell it to nobody.`;
}

/** The principal that the code's sender becomes; uses the code up. */
export function redeemLink(
  parts: ChannelParts,
  { spec }: StoredChannel,
  code: string,
): string | undefined {
  if (!spec.linking) return undefined;
  return parts.codes.redeem(LINK_SCOPE, hashOfCode(parts, LINK_SCOPE, code), parts.now())?.joins;
}
