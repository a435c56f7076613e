/**
 * What a platform is to the gateway. Adapters are pure: clock, keys and cryptography are handed in,
 * nothing is fetched or stored, and the raw body is looked at before anything is read from it.
 *
 * @module
 */

import type { JWK } from 'jose';
import type * as z from 'zod';
import type { ChannelSpec, Sign } from '../core/channels/channel-spec.ts';
import type { TextLength } from './split-text.ts';
import type { Update } from './update.ts';

/** What adapters read of a request's headers; there is nothing else for them to see. */
export const WEBHOOK_HEADERS = [
  'authorization',
  'webhook-id',
  'webhook-signature',
  'webhook-timestamp',
  'x-hub-signature-256',
  'x-signature-ed25519',
  'x-signature-timestamp',
  'x-slack-request-timestamp',
  'x-slack-signature',
  'x-telegram-bot-api-secret-token',
] as const;

/** A request as it came. */
export interface Webhook {
  readonly method: 'GET' | 'POST';
  readonly headers: Readonly<Partial<Record<(typeof WEBHOOK_HEADERS)[number], string>>>;
  readonly query: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** Cryptography, handed in by whoever has a platform. */
export interface SignatureTools {
  /** The parts are signed as if they were one text; text is UTF-8. */
  readonly hmacSha256: (
    key: Uint8Array | string,
    parts: readonly (Uint8Array | string)[],
  ) => Uint8Array;
  readonly equal: (a: string, b: string) => boolean;
  readonly verifyEd25519: (
    publicKey: Uint8Array,
    message: Uint8Array,
    signature: Uint8Array,
  ) => boolean;
}

export type Credentials = Readonly<Record<string, string>>;

/** A key that a platform signs with; `endorsements` are the networks that it may speak for. */
export type PublishedKey = JWK & { readonly endorsements?: readonly string[] };

export interface AdapterContext {
  readonly credentials: Credentials;
  readonly tools: SignatureTools;
  /** Epoch milliseconds. */
  readonly now: number;
  /** Where the platform's API is, without a last slash. */
  readonly apiBase: string;
  readonly connector?: ChannelSpec['connector'];
  /** Of a platform with a {@link ChannelAdapter.findKey}. */
  readonly keys?: readonly PublishedKey[];
  /** Of a platform with {@link ChannelAdapter.accessToken}; for what is sent alone. */
  readonly accessToken?: string;
}

export interface WebhookAnswer {
  readonly contentType: 'application/json' | 'text/plain';
  readonly body: string;
}

/** What was sent and did not arrive, as the platform says later. */
export interface Undelivered {
  /** As {@link SendOutcome} had it. */
  readonly receipt: string;
  readonly code: string;
}

/** A chat that the platform calls otherwise from now on. */
export interface ChatMove {
  readonly from: string;
  readonly to: string;
}

/** What a webhook whose signature holds says. */
export type ReceivedWebhook =
  | { readonly kind: 'malformed' }
  /** The platform asks whether somebody is there. */
  | { readonly kind: 'handshake'; readonly answer: WebhookAnswer }
  /** `answer` where the platform wants to hear more than 200; `ifSilent` where no reply will follow. */
  | {
      readonly kind: 'updates';
      readonly updates: readonly Update[];
      readonly answer?: WebhookAnswer;
      readonly ifSilent?: WebhookAnswer;
      readonly undelivered?: readonly Undelivered[];
      readonly moved?: ChatMove;
    };

/** One message to a chat: a whole reply, or a part of a long one. */
export interface ReplyPart {
  /** The same however often it is sent. */
  readonly id: string;
  readonly updateId: string;
  readonly chat: string;
  readonly thread?: string;
  /** The message that it answers, as {@link Update.messageId}. */
  readonly messageId?: string;
  readonly replyToken?: string;
  readonly text: string;
  readonly format: ChannelSpec['format'];
  /** Zero-based. */
  readonly index: number;
  /** It answers nobody's message: `updateId` names nothing on the platform. */
  readonly unasked?: true;
}

/** Which message a sign is about. */
export type SignPlace = Pick<Update, 'updateId' | 'chat' | 'thread' | 'messageId' | 'replyToken'>;

export interface OutgoingRequest {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'PUT';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/**
 * `busy`: surely not done, and may be asked again, until the reply is `forMs` old where that is said;
 * `code` for when it was asked too often. `unsure`: perhaps done, perhaps not.
 */
export type SendOutcome =
  | { readonly kind: 'sent'; readonly receipt?: string }
  | {
      readonly kind: 'busy';
      readonly retryAfterMs?: number;
      readonly forMs?: number;
      readonly code?: string;
    }
  /** `movedTo`: what the platform calls the chat now. */
  | { readonly kind: 'refused'; readonly code: string; readonly movedTo?: string }
  | { readonly kind: 'unsure' };

export interface SendAnswer {
  readonly status: number;
  /** Of the `Retry-After` header, in milliseconds. */
  readonly retryAfterMs?: number;
  readonly body: string;
}

/** Whose OpenID metadata names the keys, and which of them signed. */
export interface KeyWanted {
  readonly metadataUrl: string;
  readonly keyId: string;
}

/** How to ask for the token that outgoing requests carry (OAuth 2.0 client credentials). */
export interface AccessTokenSource {
  readonly ask: (context: AdapterContext) => OutgoingRequest;
  readonly read: (
    answer: SendAnswer,
  ) => { readonly token: string; readonly expiresInMs: number } | undefined;
}

export interface ChannelAdapter {
  readonly credentials: z.ZodType<Credentials>;
  /** Where the platform's API is; a platform without one names it for each channel. */
  readonly apiBase?: string;
  /** Longest text of one message, in UTF-16 code units of what {@link render} makes of it. */
  readonly maxChars: number;
  /** How long a text is then; absent where it is sent as it is. */
  readonly lengthOf?: TextLength;
  /** Whether the words of a reply are shown as Markdown: whatever a channel says, if it says so, never. */
  readonly markdown: 'always' | 'chosen' | 'never';
  /** Whether it can be written to a chat without a message there to answer. */
  readonly canBegin: boolean;
  /** Whether a sender hears at once that his message was refused, and can send it again himself. */
  readonly hearsRefusals?: true;
  /** Whether a sender whose message was taken sees that a reply is being written, until there is one. */
  readonly showsWaiting?: true;
  /** Of a platform that signs with published keys; `undefined` if no key could make it right. */
  readonly findKey?: (webhook: Webhook, context: AdapterContext) => KeyWanted | undefined;
  readonly accessToken?: AccessTokenSource;
  /** Whether the signature holds, over the raw body. */
  readonly verify: (webhook: Webhook, context: AdapterContext) => boolean | Promise<boolean>;
  /** Of a webhook that was verified. */
  readonly read: (webhook: Webhook, context: AdapterContext) => ReceivedWebhook;
  readonly render: (part: ReplyPart, context: AdapterContext) => OutgoingRequest;
  /** What a sender sees when his turn begins; `undefined` where it cannot be said of that message. */
  readonly signs: {
    readonly [S in Sign]?: (
      place: SignPlace,
      context: AdapterContext,
    ) => OutgoingRequest | undefined;
  };
  /** Whether the platform does the same request only once, by a key that it carries. */
  readonly isRepeatable: (part: Pick<ReplyPart, 'index'>) => boolean;
  readonly readAnswer: (answer: SendAnswer) => SendOutcome;
}
