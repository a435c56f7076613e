/**
 * The sets of characters of which tokens are made.
 *
 * @module
 */

/** One bit for each group of characters that some alphabet tells apart. */
const GROUPS = [
  '0123456789',
  'abcdef',
  'ABCDEF',
  'ghijklmnopqrstuvwxyz',
  'GHIJKLMNOPQRSTUVWXYZ',
  '_',
  '-',
  '.',
  '+/',
  '=',
  '~',
  '!%@#&*$',
] as const;

const [DIGIT, LOW_HEX, UP_HEX, LOW, UP, UNDERSCORE, DASH, DOT, PLUS, EQUALS, TILDE, SIGNS] =
  GROUPS.map((_, bit) => 1 << bit) as [
    ...[number, number, number, number, number, number],
    ...[number, number, number, number, number, number],
  ];

const WORD = DIGIT | LOW_HEX | UP_HEX | LOW | UP;

export const ALPHABETS = {
  digit: DIGIT,
  hex: DIGIT | LOW_HEX,
  anyhex: DIGIT | LOW_HEX | UP_HEX,
  lower: DIGIT | LOW_HEX | LOW,
  upper: DIGIT | UP_HEX | UP,
  letter: LOW_HEX | UP_HEX | LOW | UP,
  word: WORD,
  name: WORD | UNDERSCORE,
  url: WORD | UNDERSCORE | DASH,
  dotted: WORD | UNDERSCORE | DASH | DOT | EQUALS,
  tilde: WORD | UNDERSCORE | DASH | DOT | TILDE,
  base64: WORD | UNDERSCORE | DASH | PLUS | EQUALS,
  bearer: WORD | UNDERSCORE | DASH | DOT | TILDE | PLUS | EQUALS,
  password: WORD | UNDERSCORE | DASH | DOT | TILDE | PLUS | EQUALS | SIGNS,
} as const;

export type Alphabet = keyof typeof ALPHABETS;

const MASKS = new Uint16Array(128);
for (const [bit, group] of GROUPS.entries()) {
  for (const character of group) MASKS[character.charCodeAt(0)] = 1 << bit;
}

export function isOf(alphabet: Alphabet, unit: number): boolean {
  return unit < 128 && ((MASKS[unit] ?? 0) & ALPHABETS[alphabet]) !== 0;
}
