/**
 * Reads JSON, as strictly as RFC 8259 has it. Nesting is bounded, since a plugin's stack is.
 */

import { isDigit, unitAt } from "./code-units";
import { Json, Kind } from "./json";

export const MAX_DEPTH: i32 = 128;

/** Reads one JSON text. After a failure, `problem` says what must hold, and `at` where. */
export class JsonReader {
  at: i32 = 0;
  problem: string = "";

  constructor(private source: string) {}

  read(): Json | null {
    const value = this.readValue(0);
    if (value === null) return null;
    this.skipSpace();
    return this.at == this.source.length ? value : this.fail("nothing must follow the value");
  }

  private readValue(depth: i32): Json | null {
    this.skipSpace();
    if (depth > MAX_DEPTH) return this.fail("nesting must be less deep");
    const unit = this.peek();
    if (unit == 0x22) return this.readText();
    if (unit == 0x7b) return this.readObject(depth);
    if (unit == 0x5b) return this.readList(depth);
    if (unit == 0x2d || isDigit(unit)) return this.readNumber();
    return this.readWord();
  }

  private readObject(depth: i32): Json | null {
    const object = Json.object();
    this.at++;
    this.skipSpace();
    if (this.take(0x7d)) return object;
    while (true) {
      this.skipSpace();
      if (this.peek() != 0x22) return this.fail("a name must be a text");
      const key = this.readText();
      if (key === null) return null;
      this.skipSpace();
      if (!this.take(0x3a)) return this.fail('a name must be followed by ":"');
      const value = this.readValue(depth + 1);
      if (value === null) return null;
      object.set(key.text, value);
      this.skipSpace();
      if (this.take(0x7d)) return object;
      if (!this.take(0x2c)) return this.fail('members must be separated by ","');
    }
  }

  private readList(depth: i32): Json | null {
    const list = Json.list();
    this.at++;
    this.skipSpace();
    if (this.take(0x5d)) return list;
    while (true) {
      const item = this.readValue(depth + 1);
      if (item === null) return null;
      list.push(item);
      this.skipSpace();
      if (this.take(0x5d)) return list;
      if (!this.take(0x2c)) return this.fail('items must be separated by ","');
    }
  }

  private readText(): Json | null {
    const from = ++this.at;
    this.skipPlain();
    if (this.peek() == 0x22) return Json.ofText(this.source.substring(from, this.at++));
    this.at = from;
    return this.readEscapedText();
  }

  /** Into room for all of it as written: what is read can only be shorter. */
  private readEscapedText(): Json | null {
    const end = this.endOfText();
    if (end < 0) return this.fail("a text must end with a quotation mark");
    const units = new Uint16Array(end - this.at);
    let length = 0;
    while (this.at < end) {
      let unit = this.peek();
      if (unit < 0x20) return this.fail("a text must hold no control character");
      this.at++;
      if (unit == 0x5c) unit = this.readEscape();
      if (unit < 0) return this.fail("an escape must be a known one");
      unchecked((units[length++] = <u16>unit));
    }
    this.at = end + 1;
    return Json.ofText(String.UTF16.decode(units.buffer.slice(0, length << 1)));
  }

  /** Where the closing quotation mark is, or -1. */
  private endOfText(): i32 {
    const source = this.source;
    for (let at = this.at; at < source.length; at++) {
      const unit = unitAt(source, at);
      if (unit == 0x22) return at;
      if (unit == 0x5c) at++;
    }
    return -1;
  }

  /** Goes to the next quotation mark, backslash or control character, if there is one. */
  private skipPlain(): void {
    const source = this.source;
    const length = source.length;
    let at = this.at;
    while (at < length) {
      const unit = unitAt(source, at);
      if (unit == 0x22 || unit == 0x5c || unit < 0x20) break;
      at++;
    }
    this.at = at;
  }

  /** The code unit behind a backslash, or -1. */
  private readEscape(): i32 {
    const unit = this.peek();
    this.at++;
    switch (unit) {
      case 0x22: case 0x5c: case 0x2f: return unit;
      case 0x62: return 8;
      case 0x66: return 12;
      case 0x6e: return 10;
      case 0x72: return 13;
      case 0x74: return 9;
      case 0x75: return this.readHex();
      default: return -1;
    }
  }

  private readHex(): i32 {
    let value = 0;
    for (let count = 0; count < 4; count++) {
      const unit = this.peek() | 0x20;
      this.at++;
      if (isDigit(unit)) value = value * 16 + unit - 0x30;
      else if (unit >= 0x61 && unit <= 0x66) value = value * 16 + unit - 0x57;
      else return -1;
    }
    return value;
  }

  private readNumber(): Json | null {
    const from = this.at;
    this.take(0x2d);
    if (this.take(0x30)) {
      if (isDigit(this.peek())) return this.fail("a number must not begin with 0");
    } else if (!this.skipDigits()) return this.fail("a number must have digits");
    if (this.take(0x2e) && !this.skipDigits()) return this.fail("a number must have digits");
    if ((this.peek() | 0x20) == 0x65) {
      this.at++;
      if (!this.take(0x2b)) this.take(0x2d);
      if (!this.skipDigits()) return this.fail("an exponent must have digits");
    }
    const number = new Json(Kind.Number);
    number.text = this.source.substring(from, this.at);
    return number;
  }

  private readWord(): Json | null {
    if (this.takeWord("true")) return Json.ofBoolean(true);
    if (this.takeWord("false")) return Json.ofBoolean(false);
    if (this.takeWord("null")) return new Json(Kind.Null);
    return this.fail("a value must be JSON");
  }

  private takeWord(word: string): bool {
    if (!this.source.startsWith(word, this.at)) return false;
    this.at += word.length;
    return true;
  }

  private skipDigits(): bool {
    const from = this.at;
    while (isDigit(this.peek())) this.at++;
    return this.at > from;
  }

  private skipSpace(): void {
    let unit = this.peek();
    while (unit == 0x20 || unit == 0x0a || unit == 0x0d || unit == 0x09) {
      this.at++;
      unit = this.peek();
    }
  }

  private take(unit: i32): bool {
    if (this.peek() != unit) return false;
    this.at++;
    return true;
  }

  /** The code unit at the reader's place, or -1 at the end. */
  @inline
  private peek(): i32 {
    return this.at < this.source.length ? unitAt(this.source, this.at) : -1;
  }

  private fail(problem: string): Json | null {
    this.problem = problem;
    return null;
  }
}
