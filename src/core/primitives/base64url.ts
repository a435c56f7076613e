/**
 * Reads base64url without padding (RFC 4648 §5), strictly: one text for each byte sequence.
 *
 * @module
 */

const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/**
 * The bytes of a text, or nothing unless it is base64url without padding whose unused last bits
 * are zero. A lenient reader would give one key or signature several spellings.
 *
 * @example
 * ```ts
 * fromBase64Url('_w'); // Uint8Array [255]
 * fromBase64Url('_x'); // undefined: the last bits are not zero
 * ```
 */
export function fromBase64Url(text: string): Uint8Array | undefined {
  const bytes = new Uint8Array(Math.floor((text.length * 6) / 8));
  let pending = 0;
  let bits = 0;
  let length = 0;
  for (const character of text) {
    const digit = DIGITS.indexOf(character);
    if (digit === -1) return undefined;
    pending = (pending << 6) | digit;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes[length++] = pending >> bits;
    pending &= (1 << bits) - 1;
  }
  // A digit that adds no whole byte, or bits that belong to none.
  return bits >= 6 || pending !== 0 ? undefined : bytes;
}
