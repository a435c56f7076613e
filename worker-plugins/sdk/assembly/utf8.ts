/**
 * UTF-8, faster than the standard library's for the common case that all of a text is ASCII.
 */

export function decode(bytes: Uint8Array): string {
  const length = bytes.length;
  for (let at = 0; at < length; at++) {
    if (unchecked(bytes[at]) >= 0x80) return String.UTF8.decode(bytes.buffer);
  }
  const units = new Uint16Array(length);
  for (let at = 0; at < length; at++) unchecked((units[at] = bytes[at]));
  return String.UTF16.decode(units.buffer);
}

export function encode(text: string): Uint8Array {
  const length = text.length;
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at++) {
    const unit = load<u16>(changetype<usize>(text) + (<usize>at << 1));
    if (unit >= 0x80) return Uint8Array.wrap(String.UTF8.encode(text));
    unchecked((bytes[at] = <u8>unit));
  }
  return bytes;
}

/** Whether bytes are UTF-8, as RFC 3629 has it; `String.UTF8.decode` repairs what is not. */
export function isUtf8(bytes: Uint8Array): bool {
  let at = 0;
  while (at < bytes.length) {
    const lead: i32 = bytes[at++];
    if (lead < 0x80) continue;
    const more = lead >= 0xc2 && lead < 0xe0 ? 1 : lead >= 0xe0 && lead < 0xf0 ? 2 : lead >= 0xf0 && lead < 0xf5 ? 3 : 0;
    if (more == 0 || at + more > bytes.length) return false;
    let point: i32 = lead & (0x3f >> more);
    for (let count = 0; count < more; count++) {
      const next: i32 = bytes[at++];
      if ((next & 0xc0) != 0x80) return false;
      point = (point << 6) | (next & 0x3f);
    }
    const least = more == 1 ? 0x80 : more == 2 ? 0x800 : 0x10000;
    if (point < least || point > 0x10ffff || (point >= 0xd800 && point < 0xe000)) return false;
  }
  return true;
}
