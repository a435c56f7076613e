/**
 * What a page and a web chat say to each other over their WebSocket, and why one is closed. Frames are
 * JSON texts; `ping` alone is answered with `pong` by the platform, without waking anybody.
 *
 * @module
 */

import * as z from 'zod';
import { FRAME_CLOSE_CODES, readJsonFrame } from '../primitives/json-frame.ts';
import type { Result } from '../primitives/result.ts';

/** Longest text of a message, in UTF-16 code units. */
const MAX_TEXT_CHARS = 16_384;

/** Longest frame that is read, in UTF-16 code units: every unit of a text may be escaped by six. */
const MAX_FRAME_CHARS = MAX_TEXT_CHARS * 6 + 256;

/** Codes of RFC 6455 where they fit, and our own. No message that was taken is lost after any. */
export const CHAT_CLOSE_CODES = {
  ...FRAME_CLOSE_CODES,
  /** Something broke: connect again, and send again what was not taken. */
  failed: 1_011,
  /** The channel was deleted. */
  removed: 4_000,
  /** It was open for as long, or was pushed as much, as may be: connect again with another ticket. */
  expired: 4_001,
  tooFast: 4_029,
} as const;

export type ChatCloseWord = keyof typeof CHAT_CLOSE_CODES;

const frame = z.discriminatedUnion('kind', [
  /** `id` is the page's own: what it sends again under the same one has one turn. */
  z.strictObject({
    kind: z.literal('message'),
    id: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/),
    text: z.string().max(MAX_TEXT_CHARS),
  }),
  /** Replies after this cursor, and those to come; without one, those to come. */
  z.strictObject({ kind: z.literal('resume'), after: z.int().min(0).exactOptional() }),
]);

export type ChatFrame = z.infer<typeof frame>;

/** What the gateway says. */
export type ChatAnswer =
  /** `cursor` is that of the newest reply; 0 if there is none. */
  | { readonly kind: 'ready'; readonly cursor: number }
  /** The message is on disk. */
  | { readonly kind: 'taken'; readonly id: string }
  /** With `retryAfterMs` nothing was stored, and the same may be sent again. */
  | {
      readonly kind: 'refused';
      readonly id: string;
      readonly code: string;
      readonly retryAfterMs?: number;
    }
  | {
      readonly kind: 'reply';
      readonly cursor: number;
      /** Id of the message. */
      readonly inReplyTo: string;
      readonly index: number;
      readonly text: string;
      readonly format: 'plain' | 'markdown';
    };

/** Text of a page, or for which reason its socket is closed. */
export function readChatFrame(text: string): Result<ChatFrame, ChatCloseWord> {
  return readJsonFrame(text, { schema: frame, maxChars: MAX_FRAME_CHARS });
}
