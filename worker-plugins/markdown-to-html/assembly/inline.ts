/** What stands within a line of text: emphasis, code, links and images. All else is escaped. */

import { isAlphanumeric, isDigit, trimmed, unitAt } from "../../sdk/assembly/code-units";
import { Delimiter, DelimiterChain } from "./delimiters";
import { escapeHtml, image, mayLinkTo, mayShow, openLink } from "./html";
import { isEscape, LinkTarget, readTarget, unescape } from "./link-target";
import { runLength } from "./lines";

/** Longest address between `<` and `>`, in UTF-16 code units. */
const MAX_ADDRESS: i32 = 1_024;

/** Longest run of backticks that opens code. */
const MAX_TICKS: i32 = 32;

export function inlineHtml(text: string): string {
  for (let at = 0; at < text.length; at++) {
    if (isSign(unitAt(text, at))) return new InlineWriter(text).write();
  }
  return escapeHtml(text);
}

/** A `[` or `![` that may begin a link. */
class Bracket {
  constructor(
    public part: i32,
    /** Behind the bracket. */
    public from: i32,
    public isImage: bool,
    public delimiter: Delimiter | null,
  ) {}
}

class InlineWriter {
  private parts: string[] = [];
  private chain: DelimiterChain = new DelimiterChain();
  private brackets: Bracket[] = [];
  /** Brackets below this one stand around a link, so they can be none themselves. */
  private activeFrom: i32 = 0;
  /** By length: whether no run of so many backticks follows any more. */
  private isTicksOver: StaticArray<bool> = new StaticArray<bool>(MAX_TICKS + 1);
  /** Where the next `>` is, as far as that was looked for; behind the end if there is none. */
  private nextAngle: i32 = -1;
  private at: i32 = 0;

  constructor(private text: string) {}

  write(): string {
    const text = this.text;
    let from = 0;
    while (this.at < text.length) {
      if (!isSign(unitAt(text, this.at))) {
        this.at++;
        continue;
      }
      this.addText(from, this.at);
      this.writeSign(unitAt(text, this.at));
      from = this.at;
    }
    this.addText(from, text.length);
    this.chain.resolve(null, this.parts);
    return this.parts.join("");
  }

  /** Takes at least one character. */
  private writeSign(unit: i32): void {
    if (unit == 0x5c) this.writeEscape();
    else if (unit == 0x0a) this.writeBreak();
    else if (unit == 0x60) this.writeCode();
    else if (unit == 0x2a || unit == 0x5f) this.addDelimiter(unit);
    else if (unit == 0x3c) this.writeAddress();
    else if (unit == 0x5d) this.closeBracket();
    else this.openBracket(unit == 0x21);
  }

  private writeEscape(): void {
    const next = this.at + 1;
    if (next < this.text.length && unitAt(this.text, next) == 0x0a) {
      this.parts.push("<br>");
      this.at++;
    } else if (isEscape(this.text, this.at)) {
      this.addText(next, next + 1);
      this.at += 2;
    } else this.take(1);
  }

  /** Two spaces before the end of a line break it. */
  private writeBreak(): void {
    const isHard = this.at >= 2 && unitAt(this.text, this.at - 1) == 0x20 && unitAt(this.text, this.at - 2) == 0x20;
    this.parts.push(isHard ? "<br>\n" : "\n");
    this.at++;
  }

  private writeCode(): void {
    const length = runLength(this.text, this.at, 0x60);
    const from = this.at + length;
    const end = this.findTicks(from, length);
    if (end < 0) return this.take(length);
    let code = this.text.substring(from, end).replaceAll("\n", " ");
    if (code.startsWith(" ") && code.endsWith(" ") && trimmed(code) != "") code = code.substring(1, code.length - 1);
    this.parts.push("<code>" + escapeHtml(code) + "</code>");
    this.at = end + length;
  }

  /** Where exactly so many backticks follow, or -1. What was searched in vain is not searched again. */
  private findTicks(from: i32, length: i32): i32 {
    if (length > MAX_TICKS || this.isTicksOver[length]) return -1;
    for (let at = this.text.indexOf("`", from); at >= 0; ) {
      const run = runLength(this.text, at, 0x60);
      if (run == length) return at;
      at = this.text.indexOf("`", at + run);
    }
    this.isTicksOver[length] = true;
    return -1;
  }

  private addDelimiter(sign: i32): void {
    const length = runLength(this.text, this.at, sign);
    const before = this.at == 0 ? 0x20 : unitAt(this.text, this.at - 1);
    const end = this.at + length;
    const after = end == this.text.length ? 0x20 : unitAt(this.text, end);
    const isLeft = !isSpace(after) && (!isPunctuation(after) || isSpace(before) || isPunctuation(before));
    const isRight = !isSpace(before) && (!isPunctuation(before) || isSpace(after) || isPunctuation(after));
    const isStar = sign == 0x2a;
    const canOpen = isLeft && (isStar || !isRight || isPunctuation(before));
    const canClose = isRight && (isStar || !isLeft || isPunctuation(after));
    this.chain.add(new Delimiter(this.parts.length, sign, length, canOpen, canClose));
    this.parts.push("");
    this.at = end;
  }

  /** `<https://example.com>` and `<somebody@example.com>`. */
  private writeAddress(): void {
    const end = this.findAngle();
    const length = end - this.at - 1;
    if (length < 1 || length > MAX_ADDRESS || end == this.text.length) return this.take(1);
    const address = this.text.substring(this.at + 1, end);
    const isMail = isMailAddress(address);
    const url = isMail ? "mailto:" + address : address;
    if (!isMail && !isAbsolute(address)) return this.take(1);
    const shown = escapeHtml(address);
    this.parts.push(mayLinkTo(url) ? openLink(url, "") + shown + "</a>" : "&lt;" + shown + "&gt;");
    this.at = end + 1;
  }

  private findAngle(): i32 {
    if (this.nextAngle >= this.at) return this.nextAngle;
    const found = this.text.indexOf(">", this.at);
    this.nextAngle = found < 0 ? this.text.length : found;
    return this.nextAngle;
  }

  private openBracket(isImage: bool): void {
    const length = isImage ? 2 : 1;
    if (isImage && (this.at + 1 == this.text.length || unitAt(this.text, this.at + 1) != 0x5b)) return this.take(1);
    this.brackets.push(new Bracket(this.parts.length, this.at + length, isImage, this.chain.last));
    this.take(length);
  }

  private closeBracket(): void {
    if (this.brackets.length == 0) return this.take(1);
    const bracket = this.brackets.pop();
    const isActive = bracket.isImage || this.brackets.length >= this.activeFrom;
    this.activeFrom = <i32>Math.min(this.activeFrom, this.brackets.length);
    const target = isActive ? readTarget(this.text, this.at + 1) : null;
    if (target === null) return this.take(1);
    if (bracket.isImage) this.writeImage(bracket, target);
    else this.writeLink(bracket, target);
    this.at = target.end;
  }

  private writeImage(bracket: Bracket, target: LinkTarget): void {
    const text = unescape(this.text.substring(bracket.from, this.at)).replaceAll("\n", " ");
    this.chain.resolve(bracket.delimiter, this.parts);
    this.parts.length = bracket.part;
    this.parts.push(mayShow(target.url) ? image(target.url, target.title, text) : escapeHtml(text));
  }

  /** Of a link that may lead nowhere, its text is left. */
  private writeLink(bracket: Bracket, target: LinkTarget): void {
    this.chain.resolve(bracket.delimiter, this.parts);
    const isSafe = mayLinkTo(target.url);
    this.parts[bracket.part] = isSafe ? openLink(target.url, target.title) : "";
    if (isSafe) this.parts.push("</a>");
    this.activeFrom = this.brackets.length;
  }

  /** The next characters, as they are. */
  private take(length: i32): void {
    this.addText(this.at, this.at + length);
    this.at += length;
  }

  private addText(from: i32, to: i32): void {
    if (to > from) this.parts.push(escapeHtml(withoutBreakSpaces(this.text, from, to)));
  }
}

/** Spaces before the end of a line are not shown. */
function withoutBreakSpaces(text: string, from: i32, to: i32): string {
  let end = to;
  if (to < text.length && unitAt(text, to) == 0x0a) {
    while (end > from && unitAt(text, end - 1) == 0x20) end--;
  }
  return text.substring(from, end);
}

function isSign(unit: i32): bool {
  if (unit > 0x60) return false;
  return (
    unit == 0x2a || unit == 0x5f || unit == 0x60 || unit == 0x5b || unit == 0x5d ||
    unit == 0x21 || unit == 0x3c || unit == 0x5c || unit == 0x0a
  );
}

function isSpace(unit: i32): bool {
  return unit <= 0x20 || unit == 0xa0 || (unit >= 0x2000 && unit <= 0x200a) || unit == 0x3000;
}

function isPunctuation(unit: i32): bool {
  return (unit > 0x20 && unit < 0x7f && !isAlphanumeric(unit)) || (unit >= 0x2010 && unit <= 0x2027);
}

/** A scheme of two letters or more, and no space behind it. */
function isAbsolute(address: string): bool {
  const colon = address.indexOf(":");
  if (colon < 2 || colon > 32) return false;
  for (let at = 0; at < address.length; at++) {
    const unit = unitAt(address, at);
    if (at < colon && !isAlphanumeric(unit) && unit != 0x2b && unit != 0x2d && unit != 0x2e) return false;
    if (unit <= 0x20 || unit == 0x3c) return false;
  }
  return !isDigit(unitAt(address, 0));
}

function isMailAddress(address: string): bool {
  const sign = address.indexOf("@");
  if (sign < 1 || sign != address.lastIndexOf("@") || sign == address.length - 1) return false;
  for (let at = 0; at < address.length; at++) {
    const unit = unitAt(address, at);
    const isPlain = isAlphanumeric(unit) || unit == 0x2d || unit == 0x2e || unit == 0x5f || unit == 0x2b;
    if (!isPlain && at != sign) return false;
  }
  return true;
}
