/** What stands behind the brackets of a link: `(where "title")`. */

import { isAlphanumeric, unitAt } from "../../sdk/assembly/code-units";

/** Longest URL and title, in UTF-16 code units: bounds how far a bracket is followed in vain. */
const MAX_LENGTH: i32 = 2_048;

/** Parentheses within one another in a URL. */
const MAX_NESTING: i32 = 8;

export class LinkTarget {
  url: string = "";
  title: string = "";
  /** Behind the closing parenthesis. */
  end: i32 = 0;
}

/** Nothing if no target begins at `from`, where a parenthesis must be open. */
export function readTarget(text: string, from: i32): LinkTarget | null {
  if (unitOf(text, from) != 0x28) return null;
  const target = new LinkTarget();
  let at = skipSpace(text, from + 1);
  const urlEnd = unitOf(text, at) == 0x3c ? endOfAngles(text, at) : endOfUrl(text, at);
  if (urlEnd < 0) return null;
  const isInAngles = unitOf(text, at) == 0x3c;
  const url = isInAngles ? text.substring(at + 1, urlEnd - 1).replaceAll(" ", "%20") : text.substring(at, urlEnd);
  target.url = unescape(url);
  at = skipSpace(text, urlEnd);
  if (at > urlEnd && unitOf(text, at) != 0x29) {
    const titleEnd = endOfTitle(text, at);
    if (titleEnd < 0) return null;
    target.title = unescape(text.substring(at + 1, titleEnd - 1));
    at = skipSpace(text, titleEnd);
  }
  if (unitOf(text, at) != 0x29) return null;
  target.end = at + 1;
  return target;
}

function endOfAngles(text: string, from: i32): i32 {
  for (let at = from + 1; at < text.length && at - from <= MAX_LENGTH; at++) {
    const unit = unitAt(text, at);
    if (unit == 0x3e) return at + 1;
    if (unit == 0x0a || unit == 0x3c) return -1;
    if (unit == 0x5c) at++;
  }
  return -1;
}

/** Up to a space, or to the parenthesis that it did not open itself. */
function endOfUrl(text: string, from: i32): i32 {
  let nesting = 0;
  for (let at = from; at < text.length && at - from <= MAX_LENGTH; at++) {
    const unit = unitAt(text, at);
    if (unit <= 0x20) return nesting == 0 ? at : -1;
    if (unit == 0x5c) at++;
    else if (unit == 0x28 && ++nesting > MAX_NESTING) return -1;
    else if (unit == 0x29 && --nesting < 0) return at;
  }
  return -1;
}

function endOfTitle(text: string, from: i32): i32 {
  const opening = unitOf(text, from);
  if (opening != 0x22 && opening != 0x27 && opening != 0x28) return -1;
  const closing = opening == 0x28 ? 0x29 : opening;
  for (let at = from + 1; at < text.length && at - from <= MAX_LENGTH; at++) {
    const unit = unitAt(text, at);
    if (unit == closing) return at + 1;
    if (unit == 0x5c) at++;
  }
  return -1;
}

/** Without the backslashes before punctuation. */
export function unescape(text: string): string {
  if (!text.includes("\\")) return text;
  let plain = "";
  for (let at = 0; at < text.length; at++) {
    if (isEscape(text, at)) at++;
    plain += text.charAt(at);
  }
  return plain;
}

/** Whether a backslash stands there, before a sign of ASCII that is no letter, digit or space. */
export function isEscape(text: string, at: i32): bool {
  if (unitOf(text, at) != 0x5c) return false;
  const next = unitOf(text, at + 1);
  return next > 0x20 && next < 0x7f && !isAlphanumeric(next);
}

function skipSpace(text: string, from: i32): i32 {
  let at = from;
  while (unitOf(text, at) == 0x20 || unitOf(text, at) == 0x0a) at++;
  return at;
}

/** -1 behind the end. */
function unitOf(text: string, at: i32): i32 {
  return at < text.length ? unitAt(text, at) : -1;
}
