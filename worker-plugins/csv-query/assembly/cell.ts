/** Fields of a table, which are texts, as numbers and in their order. */

import { isDigit, trimmed, unitAt } from "../../sdk/assembly/code-units";
import { Json, Kind } from "../../sdk/assembly/json";

/** Digits of a total that are worth showing; the last ones of a float are noise. */
const DIGITS: i32 = 15;

/** The number that a field is, or `NaN`. Neither units, nor groups of digits, nor hexadecimal. */
export function toNumber(field: string): f64 {
  const text = trimmed(field);
  return isNumber(text) ? parseFloat(text) : NaN;
}

/** Numbers by their size and before texts; texts as code units are. */
export function compareCells(a: string, b: string): i32 {
  const left = toNumber(a);
  const right = toNumber(b);
  if (!isNaN(left) && !isNaN(right)) return left < right ? -1 : left > right ? 1 : 0;
  if (isNaN(left) != isNaN(right)) return isNaN(left) ? 1 : -1;
  return a < b ? -1 : a > b ? 1 : 0;
}

/** A number where JSON would write it just so, else a text. */
export function cellToJson(field: string): Json {
  if (!isJsonNumber(field)) return Json.ofText(field);
  const number = new Json(Kind.Number);
  number.text = field;
  return number;
}

/** As a field again: no more digits than are known, and none behind the point that are zeros. */
export function toField(value: f64): string {
  const rounded = roundDigits(value);
  const text = rounded.toString();
  return text.endsWith(".0") ? text.substring(0, text.length - 2) : text;
}

function roundDigits(value: f64): f64 {
  if (value == 0 || !isFinite(value)) return value;
  const scale = Math.pow(10, DIGITS - 1 - Math.floor(Math.log10(Math.abs(value))));
  const rounded = Math.round(value * scale) / scale;
  return isFinite(rounded) ? rounded : value;
}

function isNumber(text: string): bool {
  const sign = text.startsWith("-") || text.startsWith("+") ? 1 : 0;
  const whole = digitsFrom(text, sign);
  const hasPoint = whole < text.length && unitAt(text, whole) == 0x2e;
  const end = hasPoint ? digitsFrom(text, whole + 1) : whole;
  if (end - sign - (hasPoint ? 1 : 0) < 1) return false;
  return endOfExponent(text, end) == text.length;
}

function isJsonNumber(text: string): bool {
  const sign = text.startsWith("-") ? 1 : 0;
  const whole = digitsFrom(text, sign);
  if (whole == sign || (whole > sign + 1 && unitAt(text, sign) == 0x30)) return false;
  const hasPoint = whole < text.length && unitAt(text, whole) == 0x2e;
  const end = hasPoint ? digitsFrom(text, whole + 1) : whole;
  return (!hasPoint || end > whole + 1) && endOfExponent(text, end) == text.length;
}

function digitsFrom(text: string, from: i32): i32 {
  let at = from;
  while (at < text.length && isDigit(unitAt(text, at))) at++;
  return at;
}

/** Behind an exponent, or where none is. */
function endOfExponent(text: string, from: i32): i32 {
  if (from + 1 >= text.length || (unitAt(text, from) | 0x20) != 0x65) return from;
  const sign = unitAt(text, from + 1);
  const digits = sign == 0x2b || sign == 0x2d ? from + 2 : from + 1;
  const end = digitsFrom(text, digits);
  return end > digits ? end : from;
}
