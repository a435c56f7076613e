/**
 * How long a text is in UTF-8, without writing it.
 *
 * @module
 */

/**
 * Bytes of UTF-8 that a text needs. Counting stops to matter above `limit`: the answer is then
 * some number greater than it. A lone surrogate counts as two.
 */
export function utf8Length(text: string, limit = Number.POSITIVE_INFINITY): number {
  if (text.length > limit) return text.length;
  let bytes = text.length;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit < 0x80) continue;
    const isSurrogate = unit >= 0xd800 && unit <= 0xdfff; // a pair is four bytes, so two for each
    bytes += unit < 0x800 || isSurrogate ? 1 : 2;
  }
  return bytes;
}
