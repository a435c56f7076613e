/**
 * UTF-16 code units of texts, for code that looks at each of them.
 */

/** `charCodeAt` without its check: the caller has made sure that `at` lies in the text. */
@inline
export function unitAt(text: string, at: i32): i32 {
  return load<u16>(changetype<usize>(text) + (<usize>at << 1));
}

export function isDigit(unit: i32): bool {
  return unit >= 0x30 && unit <= 0x39;
}

/** Letters and digits of ASCII. */
export function isAlphanumeric(unit: i32): bool {
  const lower = unit | 0x20;
  return isDigit(unit) || (unit >= 0x41 && lower >= 0x61 && lower <= 0x7a);
}

/** Without white space at both ends. `String.trim` leaves some of it where it is most of the text. */
export function trimmed(text: string): string {
  return text.trimStart().trimEnd();
}
