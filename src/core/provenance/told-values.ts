/**
 * What a call was told that nobody trusted has said, in every spelling in which it may come back.
 *
 * A tool vouches for what it knows, not for what it was told. Without this, a model would pass an
 * outsider's address through any tool that confirms its arguments, and get it back as trusted. A tool
 * may write what it was told otherwise, as programs do: a code without its gaps, a number without its
 * marks. So whatever would be found as the same value is the same value here as well.
 *
 * @module
 */

import { foldedText } from './folded-text.ts';
import { listLinkForms } from './link-forms.ts';
import { isBlank, KnownMoments, readMoments } from './moments.ts';
import { plainNumber, readNumberAlone } from './numbers.ts';
import { toCode } from './spaced-codes.ts';

/** Most values that are compared with each field; where there are more, every field may repeat one. */
export const MAX_TOLD = 64;

/** Least length of a text that is looked for within a field. */
const MIN_PART_LENGTH = 3;

/** Most code units of told values that are searched for fields; beyond, every field may repeat one. */
const MAX_SEARCHED = 16_777_216;

const MARKS = /[^\p{L}\p{N}]/gu;
const BETWEEN_WORDS = /[^\p{L}\p{N}]+/gu;
const LONG_NUMBER = /^\d{5,}$/;
const MARK_OR_DIGIT = /[\p{N}\p{P}\p{S}]/u;

type Leaf = string | number | boolean;

interface Told {
  readonly folded: string;
  /** What is looked for within a field: itself, and as a link in its other forms. */
  readonly parts: readonly string[];
  readonly bare: string;
  readonly words: string;
  readonly code: string | undefined;
  readonly numbers: ReadonlySet<number>;
  readonly moments: KnownMoments | undefined;
}

export class ToldValues {
  readonly #told: readonly Told[];
  readonly #areTooMany: boolean;
  readonly #length: number;
  #searched = 0;

  constructor(values: readonly Leaf[]) {
    this.#areTooMany = values.length > MAX_TOLD;
    this.#told = this.#areTooMany ? [] : values.map((value) => toTold(foldedText(String(value))));
    this.#length = this.#told.reduce((sum, { words }) => sum + words.length, 0);
  }

  get isEmpty(): boolean {
    return this.#told.length === 0 && !this.#areTooMany;
  }

  /** Whether a field of the result repeats one of these, or a part of one, as a whole or within a text. */
  areRepeatedBy(field: Leaf): boolean {
    if (this.isEmpty || this.#areTooMany) return this.#areTooMany;
    const folded = foldedText(String(field));
    return (
      this.#told.some((told) => told.parts.some((part) => folded.includes(part))) ||
      this.#areRewrittenBy(folded) ||
      this.#areTakenApartBy(folded)
    );
  }

  /**
   * Who is told `Eve <eve@example.org>` and answers `eve@example.org` has not made it. Words alone stand
   * in any text.
   */
  #areTakenApartBy(folded: string): boolean {
    const isWord = !isTelling(folded) || !MARK_OR_DIGIT.test(folded);
    if (isWord && !LONG_NUMBER.test(folded)) return false;
    this.#searched += this.#length;
    if (this.#searched > MAX_SEARCHED) return true;
    const words = toWords(folded);
    const code = toCode(folded);
    return this.#told.some(
      (told) =>
        (words.trim() !== '' && told.words.includes(words)) ||
        (code !== undefined && told.bare.includes(toBare(code))),
    );
  }

  /** Whether a folded text is a part of one of these. */
  hold(folded: string): boolean {
    return this.#areTooMany || this.#told.some((told) => told.folded.includes(folded));
  }

  #areRewrittenBy(folded: string): boolean {
    const bare = toBare(folded);
    const numbers = [...readNumberAlone(folded)];
    const { moments, rest } = readMoments(folded);
    const isMoment = moments.length > 0 && isBlank(rest);
    return this.#told.some(
      (told) =>
        folded === told.folded ||
        (bare !== '' && bare === told.bare) ||
        (told.code !== undefined && bare.includes(told.code)) ||
        numbers.some((number) => told.numbers.has(number)) ||
        (isMoment && told.moments !== undefined && moments.every((one) => told.moments?.has(one))),
    );
  }
}

function toTold(folded: string): Told {
  const { moments, rest } = readMoments(folded);
  const code = toCode(folded);
  return {
    folded,
    parts: listLinkForms(folded).filter(isTelling),
    bare: toBare(folded),
    words: toWords(folded),
    code: code && toBare(code),
    numbers: readNumberAlone(folded),
    moments: moments.length > 0 && isBlank(rest) ? new KnownMoments(moments) : undefined,
  };
}

/** Letters and digits, with one space around each run of them. */
function toWords(folded: string): string {
  return ` ${folded} `.replace(BETWEEN_WORDS, ' ');
}

function toBare(folded: string): string {
  return folded.replace(MARKS, '');
}

/** Figures and shorter texts stand in other texts by chance. */
function isTelling(text: string): boolean {
  return text.length >= MIN_PART_LENGTH && plainNumber(text) === undefined;
}
