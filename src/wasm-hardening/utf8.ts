/**
 * Strict UTF-8 for the names inside a module.
 *
 * Written here since this folder is compiled without platform types and so has no `TextDecoder`.
 * Refuses what the WebAssembly specification refuses: overlong forms, surrogates, values above
 * U+10FFFF and truncated sequences. A byte order mark is an ordinary character.
 *
 * @module
 */

/** Decodes all of `bytes`, or answers `undefined` when they are not UTF-8. */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  let text = '';
  let position = 0;
  while (position < bytes.length) {
    const length = sequenceLength(bytes[position] ?? 0);
    const scalar = length === 0 ? -1 : readScalar(bytes, position, length);
    if (scalar < 0) return undefined;
    text += String.fromCodePoint(scalar);
    position += length;
  }
  return text;
}

/** Bytes in the sequence that `lead` opens; 0 when no sequence may begin so. */
function sequenceLength(lead: number): number {
  if (lead < 0x80) return 1;
  if (lead < 0xc2) return 0; // a continuation byte, or an overlong form of ASCII
  if (lead < 0xe0) return 2;
  if (lead < 0xf0) return 3;
  return lead < 0xf5 ? 4 : 0;
}

/** Smallest value that needs a sequence of this length, by length. */
const SMALLEST_SCALAR = [0, 0, 0x80, 0x800, 0x10000];

function readScalar(bytes: Uint8Array, start: number, length: number): number {
  const lead = bytes[start] ?? 0;
  if (length === 1) return lead;
  let scalar = lead & (0xff >> (length + 1));
  for (let index = 1; index < length; index++) {
    const byte = bytes[start + index] ?? 0;
    if ((byte & 0xc0) !== 0x80) return -1;
    scalar = (scalar << 6) | (byte & 0x3f);
  }
  const surrogate = scalar >= 0xd800 && scalar <= 0xdfff;
  if (scalar < (SMALLEST_SCALAR[length] ?? 0) || scalar > 0x10ffff || surrogate) return -1;
  return scalar;
}
