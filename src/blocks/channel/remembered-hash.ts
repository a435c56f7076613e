/**
 * A keyed hash that remembers what it was asked lately: the same few senders write again and again, and
 * each of their messages asks for the same names.
 *
 * @module
 */

import type { KeyedHash } from '../../core/primitives/ids.ts';

/** Beyond that number all are forgotten; a busy workspace asks for two or three a sender. */
const MAX_REMEMBERED = 8_192;

/** Longer texts are not worth their memory, in characters. */
const MAX_CHARS = 1_024;

export function rememberedHash(hash: KeyedHash): KeyedHash {
  const known = new Map<string, string>();
  return (text) => {
    const before = known.get(text);
    if (before !== undefined) return before;
    const digits = hash(text);
    if (known.size >= MAX_REMEMBERED) known.clear();
    if (text.length <= MAX_CHARS) known.set(text, digits);
    return digits;
  };
}
