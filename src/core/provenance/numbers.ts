/**
 * Numbers as people write them, so that `2200` is known to be what "$2,200.00" says.
 *
 * @module
 */

/** Digits with the marks that stand between them, and nothing of a longer word around. */
const WRITTEN =
  /(?<![\p{L}\p{N}_.,@#/:-])(-?)\p{Sc}? ?(\d{1,15}(?:[.,'\u2019]\d{1,15}){0,8})(?![\p{L}\p{N}_%@#/:-]|[.,]\d)/gu;

const GROUPED_BY_COMMA = /^\d{1,3}(?:[,'\u2019]\d{3})+(?:\.\d+)?$/;
const GROUPED_BY_POINT = /^\d{1,3}(?:\.\d{3})+(?:,\d+)?$/;
const WITH_POINT = /^\d+(?:\.\d+)?$/;
const NONE: ReadonlySet<number> = new Set();
const WITH_COMMA = /^\d+,\d+$/;

/** All numbers of a text, in every reading: "1,234" is read as both 1234 and 1.234. */
export function readNumbers(text: string): Set<number> {
  const numbers = new Set<number>();
  for (const [, sign, digits = ''] of text.matchAll(WRITTEN)) {
    for (const reading of readDigits(digits)) numbers.add(sign === '-' ? -reading : reading);
  }
  return numbers;
}

/** The readings of a text that is one number and nothing else, however it is written: "$2,200.00". */
export function readNumberAlone(text: string): ReadonlySet<number> {
  const isAlone = /\d/.test(text) && !/[\p{L}\p{N}]/u.test(text.replace(WRITTEN, ''));
  return isAlone ? readNumbers(text) : NONE;
}

/** The number that a value is, if it is written plainly, as programs do: `7`, `98.70`. */
export function plainNumber(text: string): number | undefined {
  return /^-?\d{1,15}(?:\.\d{1,15})?$/.test(text) ? Number(text) : undefined;
}

function readDigits(digits: string): number[] {
  const readings: number[] = [];
  if (WITH_POINT.test(digits)) readings.push(Number(digits));
  if (WITH_COMMA.test(digits)) readings.push(Number(digits.replace(',', '.')));
  if (GROUPED_BY_COMMA.test(digits)) readings.push(Number(digits.replace(/[,'\u2019]/g, '')));
  if (GROUPED_BY_POINT.test(digits)) {
    readings.push(Number(digits.replaceAll('.', '').replace(',', '.')));
  }
  return readings;
}
