/** What kind of character a code point is, as far as counting words needs it. */

export enum Character {
  Letter,
  Space,
  Punctuation,
  /** Belongs to a word when it stands inside of one: `it's`, `well-known`, `3.14`. */
  Joiner,
  /** A word of its own: Han, Hiragana and Katakana are written without spaces. */
  Ideograph,
}

/** The kinds of ASCII, looked up. */
const ASCII = new StaticArray<u8>(128);
for (let point = 0; point < 128; point++) ASCII[point] = <u8>kindOfAscii(point);

@inline
export function kindOf(point: i32): Character {
  return point < 128 ? <Character>unchecked(ASCII[point]) : kindBeyondAscii(point);
}

/** Ends a sentence, also as a joiner that joins nothing. */
export function isTerminator(point: i32): bool {
  return (
    point == 0x2e || point == 0x21 || point == 0x3f || point == 0x2026 ||
    point == 0x3002 || point == 0xff01 || point == 0xff1f
  );
}

function kindOfAscii(point: i32): Character {
  if ((point >= 9 && point <= 13) || point == 0x20) return Character.Space;
  if (point == 0x27 || point == 0x2c || point == 0x2d || point == 0x2e) return Character.Joiner;
  const isMark =
    (point >= 0x21 && point <= 0x2f) || (point >= 0x3a && point <= 0x40) ||
    (point >= 0x5b && point <= 0x60 && point != 0x5f) || (point >= 0x7b && point <= 0x7e);
  return isMark ? Character.Punctuation : Character.Letter;
}

function kindBeyondAscii(point: i32): Character {
  if (point == 0x2019) return Character.Joiner;
  if (isSpace(point)) return Character.Space;
  if (isMark(point)) return Character.Punctuation;
  return isIdeograph(point) ? Character.Ideograph : Character.Letter;
}

function isSpace(point: i32): bool {
  return (
    point == 0x85 || point == 0xa0 || point == 0x1680 || (point >= 0x2000 && point <= 0x200b) ||
    point == 0x2028 || point == 0x2029 || point == 0x202f || point == 0x205f || point == 0x3000 || point == 0xfeff
  );
}

function isMark(point: i32): bool {
  return (
    point == 0xa1 || point == 0xa7 || point == 0xab || point == 0xb6 || point == 0xb7 || point == 0xbb || point == 0xbf ||
    (point >= 0x2010 && point <= 0x2027) || (point >= 0x2030 && point <= 0x205e) ||
    (point >= 0x3001 && point <= 0x3003) || (point >= 0x3008 && point <= 0x3011) ||
    (point >= 0x3014 && point <= 0x301f) || (point >= 0xff01 && point <= 0xff0f) ||
    (point >= 0xff1a && point <= 0xff20) || (point >= 0xff3b && point <= 0xff40) || (point >= 0xff5b && point <= 0xff65)
  );
}

function isIdeograph(point: i32): bool {
  return (
    (point >= 0x3040 && point <= 0x30ff) || (point >= 0x3400 && point <= 0x4dbf) ||
    (point >= 0x4e00 && point <= 0x9fff) || (point >= 0xf900 && point <= 0xfaff) || (point >= 0x20000 && point <= 0x323af)
  );
}
