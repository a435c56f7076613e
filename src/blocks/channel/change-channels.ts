/**
 * What those who manage a channel do with it. Every change is on the record.
 *
 * @module
 */

import type { NamedActor } from '../../core/audit/named-actor.ts';
import { MAX_CHANNELS } from '../../core/channels/channel-spec.ts';
import { requireNarrower } from '../../core/channels/sender-terms.ts';
import { toPrincipalName } from '../../core/policy/principal.ts';
import { findNoRoom } from '../../core/policy/room.ts';
import { ok, type Result } from '../../core/primitives/result.ts';
import type {
  ChannelDescription,
  ChannelSummary,
  CreateChannel,
  DecidePairing,
  IssueChatTicket,
  IssueCode,
  NotCreated,
  PairingDescription,
} from './channel-api.ts';
import type { ChannelParts } from './channel-parts.ts';
import type { StoredChannel } from './channel-store.ts';
import { writeChatTicket } from './chat-ticket.ts';
import { orderEndOfTurns } from './end-turns.ts';
import { newCode, toPairing } from './pairings.ts';
import { termsOfChannel } from './sender-bounds.ts';

export function summarise({ spec, creator, createdAt }: StoredChannel): ChannelSummary {
  return { name: spec.name, spec, createdBy: toPrincipalName(creator), createdAt };
}

export function describeChannel(parts: ChannelParts, name: string): ChannelDescription | undefined {
  const { channels, senders, updates, replies } = parts;
  const channel = channels.find(name);
  return (
    channel && {
      ...summarise(channel),
      pairings: senders.all(name).map((known) => withTerms(parts, channel, known)),
      replies: replies.describe(name),
      updates: updates.newest(name),
      counts: updates.counts(name),
    }
  );
}

export function createChannel(
  parts: ChannelParts,
  { credentials, isOperator, ...request }: CreateChannel,
): ChannelSummary | NotCreated {
  const { name } = request.spec;
  const known = parts.channels.find(name);
  if (known?.requestId === request.requestId) return summarise(known);
  if (known !== undefined) return 'taken';
  const holder = toPrincipalName(request.creator);
  const holders = parts.channels.all().map(({ creator }) => toPrincipalName(creator));
  const noRoom = findNoRoom({ holders, holder, max: MAX_CHANNELS, isOperator });
  if (noRoom !== undefined) return noRoom;
  const channel = { ...request, createdAt: parts.now() };
  const actor = { name: holder, requestId: request.requestId };
  parts.transact(() => {
    parts.channels.put(channel, parts.safe.sealCredentials(name, credentials));
    record(parts, actor, { action: 'channel-created', channel: name });
  });
  return summarise(channel);
}

/** With everything that is known of its senders, and whatever was not sent. */
export function removeChannel(
  parts: ChannelParts,
  actor: NamedActor,
  channel: StoredChannel,
): void {
  const { name } = channel.spec;
  const { channels, senders, codes, updates, replies, chats, terms, moves } = parts;
  parts.transact(() => {
    orderEndOfTurns(parts, channel, { by: actor });
    channels.remove(name);
    const stores = [senders, codes, updates, replies, chats, terms, moves];
    for (const store of stores) store.removeChannel(name);
    record(parts, actor, { action: 'channel-removed', channel: name });
  });
  parts.safe.forget();
  parts.tokens.drop(name);
}

export function decidePairing(
  parts: ChannelParts,
  actor: NamedActor,
  { channel, pairing, decision, terms = {} }: DecidePairing,
): Result<PairingDescription, string> | undefined {
  const found = parts.channels.find(channel);
  const known = parts.senders.findById(channel, pairing);
  if (found === undefined || known === undefined) return undefined;
  const narrower = requireNarrower(termsOfChannel(found), terms, parts.now());
  if (!narrower.ok) return narrower;
  const decided = { ...known, state: decision === 'approve' ? 'paired' : 'denied' } as const;
  parts.transact(() => {
    parts.senders.put(channel, decided);
    parts.terms.put(channel, toPairing(parts, found, known.sender).principal, terms);
    if (decision === 'deny') orderEndOfTurns(parts, found, { sender: known.sender, by: actor });
    const reason = `${decision}:${known.principal}`;
    record(parts, actor, { action: 'channel-paired', channel, reason });
  });
  return ok(withTerms(parts, found, decided));
}

function withTerms(
  parts: ChannelParts,
  channel: StoredChannel,
  pairing: PairingDescription,
): PairingDescription {
  const terms = parts.terms.find(toPairing(parts, channel, pairing.sender).principal);
  const isBound = terms?.grants !== undefined || terms?.budget !== undefined;
  return isBound ? { ...pairing, terms } : pairing;
}

/** On the record: from then on the visitor is who the actor says. */
export function issueChatTicket(
  parts: ChannelParts,
  actor: NamedActor,
  { channel: name, sender }: IssueChatTicket,
): { readonly ticket: string; readonly expiresAt: number } | undefined {
  const channel = parts.channels.find(name);
  if (channel?.spec.platform !== 'web-chat') return undefined;
  const reason = `ticket:${toPairing(parts, channel, sender).principal}`;
  parts.transact(() =>
    record(parts, actor, { action: 'channel-code-issued', channel: name, reason }),
  );
  return writeChatTicket(parts, channel, sender);
}

/** The code is told once, here; what is stored is its hash. */
export function issueCode(
  parts: ChannelParts,
  actor: NamedActor,
  { channel, joins }: IssueCode,
): { readonly code: string; readonly expiresAt: number } | undefined {
  const found = parts.channels.find(channel);
  if (found === undefined || !isPrincipal(parts, joins)) return undefined;
  const { code, hash, expiresAt } = newCode(parts, channel);
  parts.transact(() => {
    const terms = { expiresAt, ...(joins !== undefined && { joins }) };
    parts.codes.put(channel, hash, terms);
    record(parts, actor, { action: 'channel-code-issued', channel });
  });
  return { code, expiresAt };
}

interface ReplyName {
  readonly channel: string;
  readonly replyId: string;
}

/** `false`: it was sent, or is about to be. */
export function resendReply(
  parts: ChannelParts,
  actor: NamedActor,
  { channel, replyId }: ReplyName,
): boolean | undefined {
  const reply = parts.replies.findById(channel, replyId);
  if (reply === undefined) return undefined;
  if (reply.status !== 'unknown' && reply.status !== 'failed') return false;
  const { seq, part } = reply;
  parts.transact(() => {
    parts.replies.change({ seq, status: 'pending', attempts: 0 });
    record(parts, actor, { action: 'channel-resent', channel });
  });
  parts.send(channel, part.chat, [seq]);
  return true;
}

/** Whether somebody of that name has been heard of, on whichever channel. */
function isPrincipal({ channels, senders }: ChannelParts, joins: string | undefined): boolean {
  if (joins === undefined) return true;
  return channels
    .all()
    .some(({ spec }) => senders.all(spec.name).some(({ principal }) => principal === joins));
}

/** Part of a transaction. */
function record(
  parts: ChannelParts,
  { name, requestId }: NamedActor,
  event: Pick<Parameters<ChannelParts['record']>[0], 'action' | 'channel' | 'reason'>,
): void {
  parts.record({ ...event, decision: 'allowed', actor: name, requestId });
}
