/**
 * Letters of other scripts that look like Latin ones.
 *
 * Chosen by hand are those of scripts in daily use with which an ASCII name or an English sentence can
 * be imitated without a reader noticing; the rest is Unicode's (UTS 39). Compatibility forms (full-width,
 * mathematical, circled) are not here, since normalisation folds them.
 *
 * @module
 */

import { RARE_LOOKALIKES } from './confusable-letters.ts';

/** Latin letter, then everything that passes for it in some common typeface. */
const COMMON_LOOKALIKES: readonly string[] = [
  'a аαɑ',
  'b ЬβƄ',
  'c сϲᴄ',
  'd ԁɗ',
  'e еєҽ℮',
  'f ƒϝ',
  'g ɡցɢ',
  'h һհ',
  'i іιıɩӏ',
  'j јϳ',
  'k кκᴋ',
  'l ⅼӀǀ',
  'm мᴍ',
  'n пոηɴ',
  'o оοօσ००০੦',
  'p рρ',
  'q ԛզ',
  'r гᴦʀ',
  's ѕꜱƽ',
  't тτᴛ',
  'u υսц',
  'v ѵνᴠ',
  'w ѡԝωᴡ',
  'x хχ',
  'y уүγʏ',
  'z ᴢʐ',
  'A АΑ',
  'B ВΒ',
  'C СϹ',
  'E ЕΕ',
  'H НΗ',
  'I ІΙ',
  'J Ј',
  'K КΚ',
  'M МΜ',
  'N Ν',
  'O ОΟՕ',
  'P РΡ',
  'S Ѕ',
  'T ТΤ',
  'X ХΧ',
  'Y ҮΥ',
  'Z Ζ',
  '- ‐‑‒–—―−⁃﹘',
  '_ ＿ˍ',
];

const LATIN_OF: ReadonlyMap<string, string> = new Map(
  [...COMMON_LOOKALIKES, ...RARE_LOOKALIKES].flatMap((entry) => {
    const [latin = '', , ...others] = entry;
    return others.map((other) => [other, latin] as const);
  }),
);

/** The Latin letter that a character passes for, or the character itself. One code point. */
export function foldConfusable(character: string): string {
  return LATIN_OF.get(character) ?? character;
}
