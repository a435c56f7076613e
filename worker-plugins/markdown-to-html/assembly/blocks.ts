/** Blocks: what stands below one another. Quotes and lists hold blocks of their own. */

import { isAlphanumeric, trimmed, unitAt } from "../../sdk/assembly/code-units";
import { escapeHtml } from "./html";
import { inlineHtml } from "./inline";
import {
  fenceLength,
  headingLevel,
  headingText,
  indentOf,
  interruptsParagraph,
  isBlank,
  isQuote,
  isRule,
  Marker,
  markerOf,
  outdent,
  runLength,
  underlineLevel,
} from "./lines";
import { readAlignments, rowHtml } from "./table";

/** Quotes and lists within one another; what is deeper is text. */
const MAX_DEPTH: i32 = 16;

/** Longest name of a language behind a fence. */
const MAX_LANGUAGE: i32 = 32;

export class BlockWriter {
  private html: string[] = [];

  toString(): string {
    return this.html.join("");
  }

  /** In a tight list paragraphs are bare. */
  write(lines: string[], depth: i32, isTight: bool = false): void {
    for (let at = 0; at < lines.length; ) {
      const line = lines[at];
      const level = headingLevel(line);
      if (isBlank(line)) at++;
      else if (indentOf(line) > 3) at = this.writeIndentedCode(lines, at);
      else if (fenceLength(line) > 0) at = this.writeFencedCode(lines, at);
      else if (level > 0) at = this.writeHeading(headingText(line, level), level, at);
      else if (isRule(line)) at = this.writeRule(at);
      else if (isQuote(line) && depth < MAX_DEPTH) at = this.writeQuote(lines, at, depth);
      else if (markerOf(line) !== null && depth < MAX_DEPTH) at = this.writeList(lines, at, depth);
      else if (this.beginsTable(lines, at)) at = this.writeTable(lines, at);
      else at = this.writeParagraph(lines, at, isTight);
    }
  }

  private writeHeading(text: string, level: i32, at: i32): i32 {
    const tag = "h" + level.toString() + ">";
    this.html.push("<" + tag + inlineHtml(text) + "</" + tag + "\n");
    return at + 1;
  }

  private writeRule(at: i32): i32 {
    this.html.push("<hr>\n");
    return at + 1;
  }

  private writeIndentedCode(lines: string[], from: i32): i32 {
    let end = from;
    for (let at = from; at < lines.length && (isBlank(lines[at]) || indentOf(lines[at]) > 3); at++) {
      if (!isBlank(lines[at])) end = at + 1;
    }
    this.writeCode(lines, from, end, 4, "");
    return end;
  }

  private writeFencedCode(lines: string[], from: i32): i32 {
    const opening = lines[from];
    const indent = indentOf(opening);
    const length = fenceLength(opening);
    const sign = unitAt(opening, indent);
    let end = from + 1;
    while (end < lines.length && !closesFence(lines[end], sign, length)) end++;
    this.writeCode(lines, from + 1, end, indent, languageOf(opening.substring(indent + length)));
    return end + 1;
  }

  private writeCode(lines: string[], from: i32, to: i32, indent: i32, language: string): void {
    const name = language == "" ? "" : ' class="language-' + language + '"';
    this.html.push("<pre><code" + name + ">");
    for (let at = from; at < to; at++) this.html.push(escapeHtml(outdent(lines[at], indent)) + "\n");
    this.html.push("</code></pre>\n");
  }

  /** With the lines of a paragraph that go on without the sign. */
  private writeQuote(lines: string[], from: i32, depth: i32): i32 {
    const inner: string[] = [];
    let at = from;
    let isText = false;
    while (at < lines.length) {
      const line = lines[at];
      if (isQuote(line)) inner.push(withoutSpace(line.substring(indentOf(line) + 1)));
      else if (isText && !isBlank(line) && !interruptsParagraph(line)) inner.push(line);
      else break;
      isText = goesOn(inner[inner.length - 1]);
      at++;
    }
    this.html.push("<blockquote>\n");
    this.write(inner, depth + 1);
    this.html.push("</blockquote>\n");
    return at;
  }

  private writeList(lines: string[], from: i32, depth: i32): i32 {
    const first = markerOf(lines[from]);
    if (first === null) return from + 1;
    const items: string[][] = [];
    let isLoose = false;
    let at = from;
    let marker: Marker | null = first;
    while (marker !== null) {
      const item = readItem(lines, at, marker.width);
      at += item.length;
      items.push(item);
      const blanks = trimBlank(item);
      marker = at < lines.length ? markerOf(lines[at]) : null;
      if (marker !== null && (marker.sign != first.sign || marker.isOrdered != first.isOrdered)) marker = null;
      if (hasBlankBetweenBlocks(item) || (blanks > 0 && marker !== null)) isLoose = true;
    }
    this.writeItems(items, first, !isLoose, depth);
    return at;
  }

  private writeItems(items: string[][], first: Marker, isTight: bool, depth: i32): void {
    const tag = first.isOrdered ? "ol" : "ul";
    const start = first.isOrdered && first.start != 1 ? ' start="' + first.start.toString() + '"' : "";
    this.html.push("<" + tag + start + ">\n");
    for (let index = 0; index < items.length; index++) {
      this.html.push("<li>");
      this.write(items[index], depth + 1, isTight);
      this.html.push("</li>\n");
    }
    this.html.push("</" + tag + ">\n");
  }

  private beginsTable(lines: string[], at: i32): bool {
    return at + 1 < lines.length && readAlignments(lines[at], lines[at + 1]) !== null;
  }

  private writeTable(lines: string[], from: i32): i32 {
    const alignments = readAlignments(lines[from], lines[from + 1])!;
    this.html.push("<table>\n<thead>\n" + rowHtml(lines[from], alignments, "th") + "</thead>\n");
    let at = from + 2;
    const hasBody = at < lines.length && !isBlank(lines[at]);
    if (hasBody) this.html.push("<tbody>\n");
    while (at < lines.length && !isBlank(lines[at]) && !interruptsParagraph(lines[at])) {
      this.html.push(rowHtml(lines[at++], alignments, "td"));
    }
    this.html.push((hasBody ? "</tbody>\n" : "") + "</table>\n");
    return at;
  }

  /** Also a heading, if the line below it says so. */
  private writeParagraph(lines: string[], from: i32, isTight: bool): i32 {
    const text: string[] = [lines[from].trimStart()];
    let at = from + 1;
    for (; at < lines.length && !isBlank(lines[at]); at++) {
      const level = underlineLevel(lines[at]);
      if (level > 0) return this.writeHeading(text.join("\n").trimEnd(), level, at);
      if (interruptsParagraph(lines[at])) break;
      text.push(lines[at].trimStart());
    }
    if (!isTight) this.html.push("<p>");
    this.html.push(inlineHtml(text.join("\n").trimEnd()));
    if (!isTight) this.html.push("</p>\n");
    return at;
  }
}

/** The lines of an item without their indent, and the empty ones that follow. */
function readItem(lines: string[], from: i32, width: i32): string[] {
  const item: string[] = [outdentItem(lines[from], width)];
  for (let at = from + 1; at < lines.length; at++) {
    const line = lines[at];
    const before = item[item.length - 1];
    if (isBlank(line) && isBlank(item[0])) break;
    if (isBlank(line)) item.push("");
    else if (indentOf(line) >= width) item.push(line.substring(width));
    else if (!goesOn(before) || interruptsParagraph(line) || markerOf(line) !== null) break;
    else item.push(line);
  }
  return item;
}

/** The marker gives way to the text, whose own indent stays. */
function outdentItem(line: string, width: i32): string {
  return width >= line.length ? "" : line.substring(width);
}

/** Drops empty lines at the end, and answers how many. */
function trimBlank(item: string[]): i32 {
  let dropped = 0;
  while (item.length > 1 && isBlank(item[item.length - 1])) {
    item.pop();
    dropped++;
  }
  return dropped;
}

/** Those within a list of its own, or within code, do not count. */
function hasBlankBetweenBlocks(item: string[]): bool {
  let isInCode = false;
  let listWidth = i32.MAX_VALUE;
  for (let at = 0; at < item.length; at++) {
    const marker = markerOf(item[at]);
    if (fenceLength(item[at]) > 0) isInCode = !isInCode;
    if (marker !== null) listWidth = marker.width;
    if (isInCode || at == 0 || !isBlank(item[at])) continue;
    if (!isBlank(item[at + 1]) && indentOf(item[at + 1]) < listWidth) return true;
  }
  return false;
}

/** Whether a paragraph that has this line may go on in the next one. */
function goesOn(line: string): bool {
  return !isBlank(line) && headingLevel(line) == 0 && !isRule(line) && fenceLength(line) == 0 && indentOf(line) < 4;
}

function closesFence(line: string, sign: i32, length: i32): bool {
  const from = indentOf(line);
  if (from > 3) return false;
  const run = runLength(line, from, sign);
  return run >= length && isBlank(line.substring(from + run));
}

function languageOf(info: string): string {
  const name = trimmed(info).split(" ")[0];
  for (let at = 0; at < name.length; at++) {
    const unit = unitAt(name, at);
    if (!isAlphanumeric(unit) && unit != 0x2b && unit != 0x2d && unit != 0x23) return "";
  }
  return name.length > MAX_LANGUAGE ? "" : name;
}

function withoutSpace(text: string): string {
  return text.startsWith(" ") ? text.substring(1) : text;
}
