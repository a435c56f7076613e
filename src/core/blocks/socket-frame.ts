/**
 * What a consumer says over its WebSocket, and why one is closed.
 *
 * Frames are JSON texts. `ping` alone is answered with `pong` by the platform, without waking the
 * block.
 *
 * @module
 */

import * as z from 'zod';
import { FRAME_CLOSE_CODES, readJsonFrame } from '../primitives/json-frame.ts';
import type { Result } from '../primitives/result.ts';
import { MAX_BODY_BYTES } from './block-body.ts';

/** Longest frame that is read, in UTF-16 units: a reply of the longest body as base64. */
export const MAX_FRAME_CHARS = Math.ceil(MAX_BODY_BYTES / 3) * 4 + 1_024;

export const HEARTBEAT = { ask: 'ping', answer: 'pong' } as const;

/** Codes of RFC 6455 where they fit, and our own. After none of them is a message lost. */
export const CLOSE_CODES = {
  ...FRAME_CLOSE_CODES,
  /** The block has ended; the reason is the word of its exit. */
  exited: 4_000,
  /** The consumer or the block may not receive any more. */
  denied: 4_003,
} as const;

export type CloseWord = keyof typeof CLOSE_CODES;

const lease = z.string().min(1).max(64);

const frame = z.union([
  z.strictObject({ kind: z.literal('ack'), leases: z.array(lease).min(1).max(100) }),
  /** The answer to a call; JSON, or bytes as base64. */
  z.strictObject({ kind: z.literal('reply'), lease, body: z.json() }),
  z.strictObject({ kind: z.literal('reply'), lease, bytes: z.base64() }),
]);

export type SocketFrame = z.infer<typeof frame>;

/** Text of a consumer, or for which reason its socket is closed. */
export function readSocketFrame(text: string): Result<SocketFrame, CloseWord> {
  return readJsonFrame(text, { schema: frame, maxChars: MAX_FRAME_CHARS });
}
