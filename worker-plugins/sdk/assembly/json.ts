/**
 * A small JSON reader and writer for plugins.
 *
 * Numbers keep the text they were written as, so that a plugin hands on what it does not touch.
 * Nesting is bounded, since a plugin's stack is.
 */

export const MAX_DEPTH: i32 = 128;

/** Shared by all values without members, which are most: reading a document makes thousands. */
const NO_ITEMS: Json[] = [];
const NO_KEYS: string[] = [];

export enum Kind {
  Null,
  Boolean,
  Number,
  Text,
  List,
  Object,
}

/** One JSON value. Which fields mean something depends on `kind`. */
export class Json {
  /** Text of a `Text`, digits of a `Number`, `true` or `false` of a `Boolean`. */
  text: string = "";
  /** Items of a `List`, and values of an `Object` in the order of `keys`. */
  items: Json[] = NO_ITEMS;
  keys: string[] = NO_KEYS;

  constructor(public kind: Kind) {}

  static ofText(text: string): Json {
    const json = new Json(Kind.Text);
    json.text = text;
    return json;
  }

  static ofInteger(value: i64): Json {
    const json = new Json(Kind.Number);
    json.text = value.toString();
    return json;
  }

  /** A number with one digit behind the point; exact enough for statistics. */
  static ofTenths(tenths: i64): Json {
    const json = new Json(Kind.Number);
    json.text = tenths % 10 == 0 ? (tenths / 10).toString() : (tenths / 10).toString() + "." + (tenths % 10).toString();
    return json;
  }

  static ofBoolean(value: bool): Json {
    const json = new Json(Kind.Boolean);
    json.text = value ? "true" : "false";
    return json;
  }

  static list(): Json {
    const list = new Json(Kind.List);
    list.items = [];
    return list;
  }

  static object(): Json {
    const object = new Json(Kind.Object);
    object.items = [];
    object.keys = [];
    return object;
  }

  push(item: Json): void {
    this.items.push(item);
  }

  set(key: string, value: Json): void {
    this.keys.push(key);
    this.items.push(value);
  }

  /** The member of that name; of several, the last one, as `JSON.parse` has it. */
  get(key: string): Json | null {
    for (let index = this.keys.length - 1; index >= 0; index--) {
      if (this.keys[index] == key) return this.items[index];
    }
    return null;
  }

  /** The text of a member, or a default where there is none or it is no text. */
  textOf(key: string, otherwise: string): string {
    const member = this.get(key);
    return member !== null && member.kind == Kind.Text ? member.text : otherwise;
  }

  toString(): string {
    const parts: string[] = [];
    write(this, parts);
    return parts.join("");
  }
}

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

/** `charCodeAt` without its check: the caller has made sure that `at` lies in the text. */
@inline
function unitAt(text: string, at: i32): i32 {
  return load<u16>(changetype<usize>(text) + (<usize>at << 1));
}

function isDigit(unit: i32): bool {
  return unit >= 0x30 && unit <= 0x39;
}

function write(json: Json, parts: string[]): void {
  if (json.kind == Kind.Null) parts.push("null");
  else if (json.kind == Kind.Text) writeText(json.text, parts);
  else if (json.kind == Kind.List) writeList(json, parts);
  else if (json.kind == Kind.Object) writeObject(json, parts);
  else parts.push(json.text);
}

function writeList(list: Json, parts: string[]): void {
  for (let index = 0; index < list.items.length; index++) {
    parts.push(index == 0 ? "[" : ",");
    write(list.items[index], parts);
  }
  parts.push(list.items.length == 0 ? "[]" : "]");
}

function writeObject(object: Json, parts: string[]): void {
  for (let index = 0; index < object.items.length; index++) {
    parts.push(index == 0 ? "{" : ",");
    writeText(object.keys[index], parts);
    parts.push(":");
    write(object.items[index], parts);
  }
  parts.push(object.items.length == 0 ? "{}" : "}");
}

function writeText(text: string, parts: string[]): void {
  parts.push('"');
  parts.push(isPlain(text) ? text : escape(text));
  parts.push('"');
}

function isPlain(text: string): bool {
  for (let at = 0; at < text.length; at++) {
    if (widthOf(unitAt(text, at)) > 1) return false;
  }
  return true;
}

/** Measured first, so that it is written in one piece. */
function escape(text: string): string {
  let length = 0;
  for (let at = 0; at < text.length; at++) length += widthOf(unitAt(text, at));
  const units = new Uint16Array(length);
  let to = 0;
  for (let at = 0; at < text.length; at++) {
    const unit = unitAt(text, at);
    const width = widthOf(unit);
    if (width > 1) unchecked((units[to++] = 0x5c));
    if (width < 6) unchecked((units[to++] = <u16>(width == 1 ? unit : letterOf(unit))));
    else to = writeHex(unit, units, to);
  }
  return String.UTF16.decode(units.buffer);
}

/** How many code units a code unit needs in JSON. */
@inline
function widthOf(unit: i32): i32 {
  if (unit >= 0x20) return unit == 0x22 || unit == 0x5c ? 2 : 1;
  return unit == 9 || unit == 10 || unit == 13 ? 2 : 6;
}

/** What stands behind the backslash. */
function letterOf(unit: i32): i32 {
  if (unit == 10) return 0x6e;
  if (unit == 13) return 0x72;
  return unit == 9 ? 0x74 : unit;
}

/** A control character as `u00xx`. */
function writeHex(unit: i32, units: Uint16Array, to: i32): i32 {
  const digits = "u00" + unit.toString(16).padStart(2, "0");
  for (let at = 0; at < digits.length; at++) units[to + at] = <u16>unitAt(digits, at);
  return to + digits.length;
}
