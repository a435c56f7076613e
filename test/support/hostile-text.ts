/**
 * Texts as an attacker would write them, for property tests.
 *
 * Cheaper to set up than the `binary` and `grapheme` units of fast-check, and denser in what
 * matters: separators, escapes, and characters that do not show.
 */

import fc from 'fast-check';

const MARKED = [
  ...'/\\.:%@?#&;|$`\'"<>(){}[]*~!^=+- ',
  ...'\0\t\n\r\u001b\u007f\u0085\u00a0\u00ad\u034f\u061c\u200b\u200d\u200f\u2028\u202e\u2066\u2800',
  ...'\u3002\u3164\ufe0f\ufeff\uff0e\uff0f\ufffe\ufff9\u0301\u212b\u037e\u1fef\u2025\u2100',
  ...[
    '\ud800',
    '\udc00',
    '\u{e0041}',
    '\u{e0100}',
    '😀',
    '👩‍💻',
    'é',
    'ß',
    'ü',
    'а',
    'ο',
    '日',
    '１',
  ],
];

/** One character, or half of one. */
export const hostileUnit: fc.Arbitrary<string> = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...'abcxyz0129') },
  { weight: 3, arbitrary: fc.constantFrom(...MARKED) },
  {
    weight: 1,
    arbitrary: fc.integer({ min: 0, max: 0x10ffff }).map((point) => String.fromCodePoint(point)),
  },
);

export function hostileText(maxLength = 20): fc.Arbitrary<string> {
  return fc.string({ unit: hostileUnit, maxLength });
}
