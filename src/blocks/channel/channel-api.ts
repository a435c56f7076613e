/**
 * What the channels of a workspace answer over RPC; `channel-client.ts` is the way to them.
 *
 * @module
 */

import type { Credentials, Webhook, WebhookAnswer } from '../../channels/adapter.ts';
import type { NamedActor } from '../../core/audit/named-actor.ts';
import type { Grant } from '../../core/capabilities/grant.ts';
import type { ChannelMessage } from '../../core/channels/channel-message.ts';
import type { ChannelSpec } from '../../core/channels/channel-spec.ts';
import type { PairingState } from '../../core/channels/judge-sender.ts';
import type { SenderTerms } from '../../core/channels/sender-terms.ts';
import type { Principal } from '../../core/policy/principal.ts';
import type { NoRoom } from '../../core/policy/room.ts';
import type { Result } from '../../core/primitives/result.ts';

export interface CreateChannel {
  readonly creator: Principal;
  readonly requestId: string;
  readonly spec: ChannelSpec;
  readonly credentials: Credentials;
  /** `spec.capabilities`, expanded: a part of what the creator holds. */
  readonly grants: readonly Grant[];
  /** See `core/policy/room.ts`. */
  readonly isOperator: boolean;
}

/** Why a channel was not made. */
export type NotCreated = 'taken' | NoRoom;

export interface PairingDescription {
  readonly id: string;
  readonly sender: string;
  /** Id of the sender's principal, of kind `channel`. */
  readonly principal: string;
  readonly state: PairingState;
  readonly requestedAt: number;
  /** What he may do and spend, where it is less than the channel gives. */
  readonly terms?: SenderTerms;
}

/** How a part of a reply stands. `unknown`: perhaps it was sent, and nobody can tell. */
export type ReplyStatus = 'pending' | 'sending' | 'sent' | 'unknown' | 'failed';

export interface ReplyDescription {
  readonly id: string;
  readonly updateId: string;
  readonly status: ReplyStatus;
  readonly attempts: number;
  readonly createdAt: number;
  /** The platform's id of the message that was sent. */
  readonly receipt?: string;
  /** Of a reply that failed. */
  readonly code?: string;
}

/** `waiting` for its turn or for the turn's end. */
export type UpdateStatus = 'waiting' | 'answered' | 'refused';

export interface UpdateDescription {
  readonly updateId: string;
  readonly status: UpdateStatus;
  readonly principal?: string;
  readonly receivedAt: number;
  readonly sessionId?: string;
  readonly turnId?: string;
  /** Why it was refused, or how its turn failed. */
  readonly code?: string;
}

export interface ChannelSummary {
  readonly name: string;
  readonly spec: ChannelSpec;
  readonly createdBy: string;
  readonly createdAt: number;
}

export interface ChannelDescription extends ChannelSummary {
  readonly pairings: readonly PairingDescription[];
  /** Those that were not sent, and the newest of the others; the newest first. */
  readonly replies: readonly ReplyDescription[];
  /** The newest first. */
  readonly updates: readonly UpdateDescription[];
  /** Of all updates that are remembered. */
  readonly counts: Readonly<Record<UpdateStatus, number>>;
}

export interface IssueCode {
  readonly channel: string;
  /** Whom its redeemer becomes: a principal of one of the workspace's channels. */
  readonly joins?: string;
}

export interface DecidePairing {
  readonly channel: string;
  readonly pairing: string;
  readonly decision: 'approve' | 'deny';
  /** Of whom is let in; absent: what the channel gives to all. */
  readonly terms?: SenderTerms;
}

/** By which the request for a page's socket says who wants it: JSON, percent-encoded. */
export const CHAT_HEADER = 'x-sallyport-web-chat';

export interface ChatRequest {
  readonly channel: string;
  readonly ticket: string;
  /** Of the page, as its browser says. */
  readonly origin: string;
}

/** Who a page's visitor is, by the word of whoever asks. */
export interface IssueChatTicket {
  readonly channel: string;
  readonly sender: string;
}

/** `full`: there are too many updates waiting; or, `isOfSender`, he has sent too many. */
export type WebhookVerdict =
  | { readonly kind: 'refused' }
  | { readonly kind: 'malformed' }
  | { readonly kind: 'full'; readonly retryAfterMs: number; readonly isOfSender?: true }
  | { readonly kind: 'accepted'; readonly answer?: WebhookAnswer };

/** A message that answers nobody's. The same id again is the same message. */
export interface ChannelOrder {
  readonly id: string;
  readonly principal: Principal;
  readonly requestId: string;
  readonly channel: string;
  readonly message: ChannelMessage;
}

/** `answers-only`: its platform lets it speak only where it is spoken to. `id`: of its first part. */
export type MessageVerdict =
  | { readonly kind: 'taken'; readonly id: string }
  | { readonly kind: 'denied' | 'no-channel' | 'answers-only' | 'foreign-chat' };

export interface ChannelApi {
  create(request: CreateChannel): Promise<ChannelSummary | NotCreated>;
  list(): Promise<readonly ChannelSummary[]>;
  find(name: string): Promise<ChannelDescription | undefined>;
  remove(actor: NamedActor, name: string): Promise<boolean>;
  /** A request from outside. What it says is on disk when this returns `accepted`. */
  receive(
    name: string,
    webhook: Webhook,
    /** Of one that another workspace's channel hands on: the chats that it is about. */
    only?: readonly string[],
  ): Promise<WebhookVerdict>;
  /** The error names what would be wider than the channel's: a capability, or `budget`. */
  decidePairing(
    actor: NamedActor,
    decision: DecidePairing,
  ): Promise<Result<PairingDescription, string> | undefined>;
  /** `undefined`: there is no such web chat. */
  issueChatTicket(
    actor: NamedActor,
    order: IssueChatTicket,
  ): Promise<{ readonly ticket: string; readonly expiresAt: number } | undefined>;
  /** A page wants its WebSocket, and says so in {@link CHAT_HEADER}; or the status of a refusal. */
  fetch(request: Request): Promise<Response>;
  /** `undefined`: there is no such channel, or nobody whom the redeemer could become. */
  issueCode(
    actor: NamedActor,
    order: IssueCode,
  ): Promise<{ readonly code: string; readonly expiresAt: number } | undefined>;
  /** On disk when this returns `taken`; how it went on stands among the channel's replies. */
  say(order: ChannelOrder): Promise<MessageVerdict>;
  /** Sends once more what failed or is unknown; `false` if it is neither. */
  resendReply(actor: NamedActor, channel: string, replyId: string): Promise<boolean | undefined>;
}
