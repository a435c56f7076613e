/**
 * A text that came over a WebSocket, read by a schema, or the word for which its socket is closed.
 *
 * @module
 */

import type * as z from 'zod';
import { parseJson } from './parse-json.ts';
import { err, ok, type Result } from './result.ts';

/** Deepest frame that is read, as of bodies over HTTP. */
const MAX_DEPTH = 64;
/** Of UTF-8, for a UTF-16 code unit. */
const MOST_BYTES = 3;

/** Why no frame can be read: codes of RFC 6455. */
export const FRAME_CLOSE_CODES = {
  /** The frame is no text. */
  unsupported: 1_003,
  /** The text is no JSON that every reader understands alike: see `parse-json.ts`. */
  malformed: 1_007,
  /** It is not among the frames that are known. */
  unknownFrame: 1_008,
  tooLong: 1_009,
} as const;

export interface FrameRules<Frame> {
  readonly schema: z.ZodType<Frame>;
  /** Longest text, in UTF-16 code units. */
  readonly maxChars: number;
}

export function readJsonFrame<Frame>(
  text: string,
  { schema, maxChars }: FrameRules<Frame>,
): Result<Frame, keyof typeof FRAME_CLOSE_CODES> {
  if (text.length > maxChars) return err('tooLong');
  const parsed = parseJson(text, { maxBytes: text.length * MOST_BYTES, maxDepth: MAX_DEPTH });
  if (!parsed.ok) return err('malformed');
  const read = schema.safeParse(parsed.value);
  return read.success ? ok(read.data) : err('unknownFrame');
}
