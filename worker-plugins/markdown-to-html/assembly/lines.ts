/** Lines, and how blocks begin. */

import { isDigit, trimmed, unitAt } from "../../sdk/assembly/code-units";

const TAB_WIDTH: i32 = 4;

/** Tabs that may mean something are spread to spaces; those behind the first word stay. */
export function splitLines(text: string): string[] {
  const lines = text.replaceAll("\r\n", "\n").replaceAll("\r", "\n").split("\n");
  for (let index = 0; index < lines.length; index++) {
    if (lines[index].includes("\t")) lines[index] = spreadTabs(lines[index]);
  }
  return lines;
}

function spreadTabs(line: string): string {
  let spread = "";
  for (let at = 0; at < line.length; at++) {
    const unit = unitAt(line, at);
    if (unit == 0x09) spread += "    ".substring(spread.length % TAB_WIDTH);
    else if (unit == 0x20 || isMark(unit)) spread += line.charAt(at);
    else return spread + line.substring(at);
  }
  return spread;
}

/** Of quotes, headings and lists, before which and behind which tabs indent. */
function isMark(unit: i32): bool {
  return unit == 0x3e || unit == 0x23 || isDigit(unit) || isSign(unit, true) || isSign(unit, false);
}

/** How many spaces a line begins with. */
export function indentOf(line: string): i32 {
  let at = 0;
  while (at < line.length && unitAt(line, at) == 0x20) at++;
  return at;
}

export function isBlank(line: string): bool {
  return indentOf(line) == line.length;
}

/** Without up to so many spaces at the beginning. */
export function outdent(line: string, most: i32): string {
  return line.substring(<i32>Math.min(indentOf(line), most));
}

/** The level of a heading like `## this`, or 0. */
export function headingLevel(line: string): i32 {
  const from = indentOf(line);
  if (from > 3) return 0;
  const level = runLength(line, from, 0x23);
  const end = from + level;
  const isHeading = level >= 1 && level <= 6 && (end == line.length || unitAt(line, end) == 0x20);
  return isHeading ? level : 0;
}

/** The text of such a heading, without the signs that may follow it. */
export function headingText(line: string, level: i32): string {
  const text = trimmed(line.substring(indentOf(line) + level));
  let end = text.length;
  while (end > 0 && unitAt(text, end - 1) == 0x23) end--;
  return end == 0 || unitAt(text, end - 1) == 0x20 ? text.substring(0, end).trimEnd() : text;
}

/** Three or more of `-`, `*` or `_`, and nothing else but spaces. */
export function isRule(line: string): bool {
  const from = indentOf(line);
  if (from > 3 || from == line.length) return false;
  const sign = unitAt(line, from);
  if (sign != 0x2a && sign != 0x2d && sign != 0x5f) return false;
  let count = 0;
  for (let at = from; at < line.length; at++) {
    const unit = unitAt(line, at);
    if (unit == sign) count++;
    else if (unit != 0x20) return false;
  }
  return count >= 3;
}

/** How many signs open a block of code, or 0. Backticks may not occur again in that line. */
export function fenceLength(line: string): i32 {
  const from = indentOf(line);
  if (from > 3 || from == line.length) return 0;
  const sign = unitAt(line, from);
  if (sign != 0x60 && sign != 0x7e) return 0;
  const length = runLength(line, from, sign);
  if (length < 3) return 0;
  return sign == 0x60 && line.indexOf("`", from + length) >= 0 ? 0 : length;
}

export function isQuote(line: string): bool {
  const from = indentOf(line);
  return from <= 3 && from < line.length && unitAt(line, from) == 0x3e;
}

/** 1 under a heading of `=`, 2 under one of `-`, else 0. */
export function underlineLevel(line: string): i32 {
  const from = indentOf(line);
  if (from > 3 || from == line.length) return 0;
  const sign = unitAt(line, from);
  if (sign != 0x3d && sign != 0x2d) return 0;
  const end = from + runLength(line, from, sign);
  if (indentOf(line.substring(end)) + end != line.length) return 0;
  return sign == 0x3d ? 1 : 2;
}

export function runLength(line: string, from: i32, sign: i32): i32 {
  let at = from;
  while (at < line.length && unitAt(line, at) == sign) at++;
  return at - from;
}

/** How an item of a list begins. */
export class Marker {
  /** `-`, `*`, `+`, or what stands behind a number: `.` or `)`. Another one begins another list. */
  sign: i32 = 0;
  isOrdered: bool = false;
  start: i32 = 0;
  /** Columns up to the text of the item: lines of it are indented so far. */
  width: i32 = 0;
  isEmpty: bool = false;
}

export function markerOf(line: string): Marker | null {
  const from = indentOf(line);
  if (from > 3 || from == line.length || isRule(line)) return null;
  const marker = new Marker();
  let at = from;
  while (at < line.length && at - from < 10 && isDigit(unitAt(line, at))) {
    marker.start = marker.start * 10 + unitAt(line, at++) - 0x30;
  }
  if (at - from > 9 || at == line.length) return null;
  marker.isOrdered = at > from;
  marker.sign = unitAt(line, at++);
  if (!isSign(marker.sign, marker.isOrdered)) return null;
  const spaces = indentOf(line.substring(at));
  marker.isEmpty = at + spaces == line.length;
  if (spaces == 0 && !marker.isEmpty) return null;
  // Five spaces and more belong to code within the item.
  marker.width = at + (marker.isEmpty || spaces > 4 ? 1 : spaces);
  return marker;
}

function isSign(unit: i32, isOrdered: bool): bool {
  return isOrdered ? unit == 0x2e || unit == 0x29 : unit == 0x2d || unit == 0x2a || unit == 0x2b;
}

/** Whether a line ends the paragraph before it. Of numbered lists only those that begin with 1 do. */
export function interruptsParagraph(line: string): bool {
  if (isQuote(line) || headingLevel(line) > 0 || fenceLength(line) > 0 || isRule(line)) return true;
  const marker = markerOf(line);
  return marker !== null && !marker.isEmpty && (!marker.isOrdered || marker.start == 1);
}
