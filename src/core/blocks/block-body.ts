/**
 * What a message holds: JSON, or bytes.
 *
 * @module
 */

import { utf8Length } from '../primitives/utf8-length.ts';

/** Longest body, in bytes of UTF-8 for JSON. */
export const MAX_BODY_BYTES = 1_048_576;

/** JSON as text, so that it travels and is stored without being read; bytes as they are. */
export type BlockBody = string | Uint8Array;

export function bodyBytes(body: BlockBody): number {
  return typeof body === 'string' ? utf8Length(body) : body.length;
}
