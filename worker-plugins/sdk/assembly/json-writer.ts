/**
 * Writes JSON, without spaces. Texts are escaped no more than they must be.
 */

import { unitAt } from "./code-units";
import { Json, Kind } from "./json";

export function writeJson(json: Json): string {
  const parts: string[] = [];
  write(json, parts);
  return parts.join("");
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
